import ArgumentParser
import Contracts
import FoundationEssentials
import Glibc

struct LoginCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login",
        abstract: "Sign in to a platform and remember it.",
        discussion: """
            Prints the address of a page and waits: open it in any browser, on this machine or another one, sign in \
            there and compare the code. With --link it takes a link that works once, as an administrator or the \
            platform's log gives it, and needs no browser.

            A token is taken from --token-file, else from SLIPWAY_TOKEN or SLIPWAY_TOKEN_FILE, else from standard input \
            where that is no terminal and --browser is not given; --with-token asks for one. It never appears on the \
            command line.

            What comes of it is kept in ~/.config/slipway/login.json, which only you can read: address and token. \
            SLIPWAY_SERVER and SLIPWAY_TOKEN win over what is kept.

              slipway login https://slipway.example
              slipway login --link 'https://slipway.example/link?code=…'
              slipway login https://slipway.example --ca-file ca.crt
              slipway login http://127.0.0.1:8082 --token-file token
              echo "$TOKEN" | slipway login https://slipway.example
            """)

    @Argument(help: "The platform's address; the link has it too.")
    var server: String?

    @Option(help: ArgumentHelp("A link that works once.", valueName: "url"))
    var link: String?

    @Option(help: ArgumentHelp("Who you are, where the link leaves that open; your name on this machine if absent."))
    var name: String?

    @Option(help: ArgumentHelp("A file that holds the token.", valueName: "file"))
    var tokenFile: String?

    @Flag(help: "Ask for a token.")
    var withToken = false

    @Flag(help: "Sign in with a browser although standard input is no terminal.")
    var browser = false

    @Option(
        help: ArgumentHelp(
            "The PEM file of the authority that signed the platform's certificate; else SLIPWAY_CA_FILE, else the system's.",
            valueName: "file"))
    var caFile: String?

    @Flag(help: "Print JSON instead of text.")
    var json = false

    func validate() throws {
        guard server != nil || link != nil else { throw ValidationError("Give the platform's address, or --link.") }
        guard link == nil || (tokenFile == nil && !withToken) else {
            throw ValidationError("Give either a link or a token.")
        }
    }

    func run() async throws {
        let link = try link.map { try SignInLink($0) }
        let address = try Account.normalise(server ?? link?.server ?? "")
        if let link, try Account.normalise(link.server) != address {
            throw CommandError("the link is one of \(link.server), not of \(address)", isUsage: true)
        }
        var account = try Account.resolve(
            server: address, tokenFile: tokenFile, authority: caFile, store: AccountStore(path: "/nonexistent/slipway"))
        if let link {
            account.token = try await link.redeem(account, name: name ?? MachineName.account).token
        } else if account.token == nil {
            account.token =
                try withToken || (!browser && isatty(STDIN_FILENO) == 0)
                ? askForToken(address) : await askBrowser(account)
        }
        let me = try await APIClient.check(account)
        let store = AccountStore.standard()
        try store.save(account)
        let console = Console.current
        if json {
            try console.write(json: ["server": account.server, "name": me.name, "file": store.path])
        } else {
            console.write(line: "Signed in to \(account.server) as \(me.name); kept in \(store.path)")
        }
    }

    private func askBrowser(_ account: Account) async throws -> String {
        let client = APIClient(account: account)
        do {
            let token = try await BrowserLogin(client: client).run()
            await client.shutdown()
            return token
        } catch {
            await client.shutdown()
            throw error
        }
    }

    private func askForToken(_ address: String) throws -> String {
        var text: String?
        if isatty(STDIN_FILENO) == 1 {
            var settings = termios()
            tcgetattr(STDIN_FILENO, &settings)
            let before = settings
            settings.c_lflag &= ~tcflag_t(ECHO)
            Console.remark("Token for \(address) (not shown):")
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
            text = readLine()
            var restored = before
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &restored)
        } else {
            text = readLine()
        }
        let token = (text ?? "").trimmingWhitespace()
        guard !token.isEmpty else {
            throw CommandError(
                "no token was given", remedy: "sign in with a browser (--browser), or give --link")
        }
        return token
    }
}

import ArgumentParser
import Contracts
import FoundationEssentials
import Glibc

struct LoginCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login",
        abstract: "Sign in to a platform and remember it.",
        discussion: """
            The token is read from --token-file, else from SLIPWAY_TOKEN or SLIPWAY_TOKEN_FILE, else asked for (or \
            read from standard input where that is no terminal). It never appears on the command line. Address and \
            token are tried, then kept in ~/.config/slipway/login.json, which only you can read. SLIPWAY_SERVER and \
            SLIPWAY_TOKEN win over what is kept.

              slipway login https://slipway.example
              slipway login http://127.0.0.1:8082 --token-file token
              slipway login https://slipway.example --ca-file ca.crt
              echo "$TOKEN" | slipway login https://slipway.example
            """)

    @Argument(help: "The platform's address.")
    var server: String

    @Option(help: ArgumentHelp("A file that holds the token.", valueName: "file"))
    var tokenFile: String?

    @Option(
        help: ArgumentHelp(
            "The PEM file of the authority that signed the platform's certificate; else SLIPWAY_CA_FILE, else the system's.",
            valueName: "file"))
    var caFile: String?

    @Flag(help: "Print JSON instead of text.")
    var json = false

    func run() async throws {
        let address = try Account.normalise(server)
        var account = try Account.resolve(
            server: address, tokenFile: tokenFile, authority: caFile, store: AccountStore(path: "/nonexistent/slipway"))
        if account.token == nil { account.token = try askForToken() }
        try await APIClient.check(account)
        let store = AccountStore.standard()
        try store.save(account)
        let console = Console.current
        if json {
            try console.write(json: ["server": account.server, "file": store.path])
        } else {
            console.write(line: "Signed in to \(account.server); kept in \(store.path)")
        }
    }

    private func askForToken() throws -> String {
        var text: String?
        if isatty(STDIN_FILENO) == 1 {
            var settings = termios()
            tcgetattr(STDIN_FILENO, &settings)
            let before = settings
            settings.c_lflag &= ~tcflag_t(ECHO)
            Console.remark("Token for \(server) (not shown):")
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
                "no token was given",
                remedy: "the platform writes it to a file at its first start; see its log or `slipway up`")
        }
        return token
    }
}

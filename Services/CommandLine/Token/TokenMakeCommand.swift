public import ArgumentParser
public import Contracts

struct TokenMakeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "make", abstract: "Make a token and print it, this once.",
        discussion: """
            A person makes tokens of their own, which --role and --repo limit. An administrator also makes those of \
            service accounts: with --service alone the account's usual one, which may do what --role and --repo say, with \
            a name another one, which they limit. One of that name ends with those made with it, and whoever signed in \
            with them is signed out. Where that is the one of the login kept here, the login gets the new one.

            A token of one's own that is made with another, such as the login's, ends with it and may do no more.

              slipway token make laptop --expires 90d
              slipway token make --service ci --role developer --repo 'shop/*' > token
              slipway login URL --token-file token    # where the program runs
            """, aliases: ["add"])

    @Argument(help: "What it is called: who or what signs in with it.")
    var name: String?

    @Option(help: ArgumentHelp("The service account that it is for; a new one is made.", valueName: "account"))
    var service: String?

    @Option(
        help: ArgumentHelp(
            "What it may do: \(Role.allCases.map(\.rawValue).joined(separator: ", ")); all that its account may if absent.",
            valueName: "role"))
    var role: Role?

    @Option(
        help: ArgumentHelp(
            "Where it may do that: **, shop/**, shop/* or shop/web; everywhere if absent.", valueName: "scope"))
    var repo: [String] = []

    @Option(help: ArgumentHelp("When it ends, such as 12h or 90d; never if absent.", valueName: "time"))
    var expires: String?

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withPlatform { client in
            let grant: TokenGrant = try await client.post(.tokens, body: try request())
            // Before anything is written: a login without its token is of no use.
            let store = AccountStore.standard()
            var account = client.account
            let isKept = try grant.isOwn && store.load() == account
            account.token = grant.token
            if isKept { try store.save(account) }
            let console = Console.current
            if connection.json { return try console.write(json: grant) }
            console.write(line: grant.token)
            if isKept { Console.remark("The login kept in \(store.path) has it now.") }
        }
    }

    private func request() throws -> TokenRequest {
        let life = try expires.map { text in
            guard let life = Self.life(text) else {
                throw CommandError("“\(text)” is no time such as 12h or 90d", isUsage: true)
            }
            return life
        }
        guard let name = name ?? service else {
            throw CommandError("a token needs a name, or a service account: --service ci", isUsage: true)
        }
        return TokenRequest(
            name: name, account: service, role: role, repositories: repo.isEmpty ? nil : repo,
            expiresAt: life.map { Timestamp.now.adding($0) })
    }

    /// `12h`, `90d`
    static func life(_ text: String) -> Duration? {
        let units: [Character: Int] = ["h": 3_600, "d": 86_400]
        guard let unit = text.last.flatMap({ units[$0] }), let count = Int(text.dropLast()),
            (1...100_000).contains(count)
        else { return nil }
        return .seconds(count * unit)
    }
}

extension Role: ExpressibleByArgument {}

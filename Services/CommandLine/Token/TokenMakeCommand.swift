import ArgumentParser
import Contracts

struct TokenMakeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "make", abstract: "Make a token and print it, this once.",
        discussion: """
            One of that name is good no more, and whoever signed in with it is signed out. Where that is the one of the \
            login kept here, the login gets the new one.

              slipway token make ci > token
              slipway login URL --token-file token    # where the program runs
            """)

    @Argument(help: "What it is called: who or what signs in with it.")
    var name: String

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withPlatform { client in
            let grant: TokenGrant = try await client.post(.tokens, body: TokenRequest(name: name))
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
}

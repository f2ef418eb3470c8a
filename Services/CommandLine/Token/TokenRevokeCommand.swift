import ArgumentParser
import Contracts

struct TokenRevokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Take a token back with those made with it, and sign out whoever has them.")

    @Argument(help: "The token's name.")
    var name: String?

    @Option(help: ArgumentHelp("The service account whose it is: its usual one without a name.", valueName: "account"))
    var service: String?

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        guard let name = name ?? service else {
            throw CommandError(
                "revoke which token? It has a name, or is a service account's: --service ci", isUsage: true)
        }
        try await connection.withPlatform { client in
            try await client.delete(.token, [name], query: [("account", service)])
            try connection.write(["revoked": name], "Revoked the token \(name)")
        }
    }
}

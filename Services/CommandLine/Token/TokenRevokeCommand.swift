import ArgumentParser
import Contracts

struct TokenRevokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Take a token back, and sign out whoever signed in with it.")

    @Argument(help: "The token's name.")
    var name: String

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withPlatform { client in
            try await client.delete(.token, [name])
            if connection.json {
                try Console.current.write(json: ["revoked": name])
            } else {
                Console.current.write(line: "Revoked the token \(name)")
            }
        }
    }
}

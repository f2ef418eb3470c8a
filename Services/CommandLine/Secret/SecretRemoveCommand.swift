import ArgumentParser

struct SecretRemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "remove", abstract: "Remove a secret.")

    @Argument(help: "The secret's name.")
    var name: String

    @OptionGroup var scope: SecretScope
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let secret = try scope.secret(name)
        try await connection.withPlatform { client in
            try await client.delete(secret.path, secret.values)
            try connection.write(["removed": name], "Removed the secret \(name)")
        }
    }
}

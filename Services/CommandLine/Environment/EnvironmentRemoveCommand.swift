import ArgumentParser
import Contracts

struct EnvironmentRemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove an environment.",
        discussion: "Nothing is rolled out to it any more; what runs there stays as it is.")

    @Argument(help: "The environment's name.")
    var name: String

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withPlatform { client in
            try await client.delete(.environment, [name])
            try connection.write(["removed": name], "Removed the environment \(name)")
        }
    }
}

import ArgumentParser
import Contracts

struct RegistryRemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove a registry's login.")

    @OptionGroup var registry: RegistryArgument
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let host = try registry.place().description
        try await connection.withPlatform { client in
            try await client.delete(.registry, [host])
            try connection.write(["removed": host], "Removed the login to \(host)")
        }
    }
}

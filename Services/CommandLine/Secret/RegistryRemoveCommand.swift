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
            if connection.json {
                try Console.current.write(json: ["removed": host])
            } else {
                Console.current.write(line: "Removed the login to \(host)")
            }
        }
    }
}

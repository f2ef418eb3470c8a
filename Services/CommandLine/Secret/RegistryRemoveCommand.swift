import ArgumentParser
import Contracts

struct RegistryRemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove a registry's login.")

    @Argument(help: "The registry's host, as it was given: harbor.example, 127.0.0.1:5000.")
    var host: String

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let host = try registryHost(host)
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

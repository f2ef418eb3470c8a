import ArgumentParser
import Contracts

struct WorkerResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Give a drained builder or deployer jobs again.")

    @Argument(help: "Its name, as slipway worker list shows it.")
    var name: String

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withPlatform { client in
            try await client.delete(.drain, [name])
            try connection.write(["resumed": name], "\(name) is given jobs again")
        }
    }
}

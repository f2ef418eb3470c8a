import ArgumentParser
import Contracts

struct WorkerDrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain", abstract: "Have a builder or deployer end what it has, and give it no more jobs.",
        discussion: """
            That holds until slipway worker resume, also after it was started anew. With --wait the command ends when the \
            last of its jobs has.

              slipway builder drain builder-web1-4f0c2a9d --wait
            """)

    @Argument(help: "Its name, as slipway worker list shows it.")
    var name: String

    @Flag(help: "Wait until it has no job any more.")
    var wait = false

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withPlatform { client in
            try await client.put(.drain, [name])
            if wait {
                while try await jobs(client) > 0 { try await Task.sleep(for: .seconds(2)) }
            }
            let left = wait ? 0 : try await jobs(client)
            let rest = left == 0 ? "it has none" : "it has \(left) to end"
            try connection.write(["drained": name], "\(name) is given no more jobs; \(rest)")
        }
    }

    private func jobs(_ client: APIClient) async throws -> Int {
        let workers: [WorkerView] = try await client.all(.workers)
        return workers.filter { $0.name == name }.map(\.jobs).reduce(0, +)
    }
}

import ArgumentParser
import Contracts

struct WorkerListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the builders and deployers.",
        discussion: """
            TAKES is what a stage's `node` asks for, or of a deployer its cluster. One that is gone stays in the list for \
            a day.
            """)

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withPlatform { client in
            let workers: [WorkerView] = try await client.all(.workers)
            try connection.write(
                workers,
                [
                    .init("WORKER"), .init("KIND"), .init("POOL"), .init("TAKES"), .init("JOBS", alignsRight: true),
                    .init("VERSION"), .init("STATE", shrinks: true),
                ],
                none: "No builder or deployer is there."
            ) { worker in
                [
                    .init(worker.name, .strong), .init(worker.kind.rawValue), .init(worker.pool), .init(worker.takes),
                    .init("\(worker.jobs)/\(worker.slots)"), .init(worker.version, .faint),
                    .init(worker.problem ?? "ready", worker.isReady ? .good : .bad),
                ]
            }
        }
    }
}

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
            let console = Console.current
            if connection.json { return try console.write(json: workers) }
            if workers.isEmpty { return Console.remark("No builder or deployer is there.") }
            var table = Table([
                .init("WORKER"), .init("KIND"), .init("POOL"), .init("TAKES"), .init("JOBS", alignsRight: true),
                .init("VERSION"), .init("STATE", shrinks: true),
            ])
            for worker in workers {
                table.add(
                    .init(worker.name, .strong), .init(worker.kind.rawValue), .init(worker.pool), .init(worker.takes),
                    .init("\(worker.jobs)/\(worker.slots)"), .init(worker.version, .faint),
                    .init(worker.problem ?? "ready", worker.isReady ? .good : .bad))
            }
            console.write(lines: table.lines(style: console.style, width: console.width))
        }
    }
}

import ArgumentParser
import Contracts

struct CronRunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Start now, by hand, the run that a schedule starts.",
        discussion: """
            When it starts one by itself does not change. With --follow the exit code is the run's: 0 for success, 1 for \
            anything else.
            """,
        aliases: ["exec"])

    @OptionGroup var schedule: ScheduleArguments

    @Flag(name: [.short, .long], help: "Show the run live until it ends.")
    var follow = false

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let values = try schedule.values()
        try await connection.withPlatform { client in
            let started: RunView = try await client.post(.runSchedule, values)
            try await RunCommand.tell(started, follow: follow, json: connection.json, client: client)
        }
    }
}

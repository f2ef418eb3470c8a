import ArgumentParser
import Contracts

struct CronResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Have a paused schedule start runs again.",
        discussion: "What was due meanwhile is left out.", aliases: ["enable"])

    @OptionGroup var schedule: ScheduleArguments
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let values = try schedule.values()
        try await connection.withPlatform { client in
            try await client.delete(.pauseSchedule, values)
            let view: ScheduleView = try await client.get(.schedule, values)
            try connection.write(
                view, "The schedule \(view.name) of \(view.repository) starts a run next at \(view.outlook)")
        }
    }
}

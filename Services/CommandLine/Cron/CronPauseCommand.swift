import ArgumentParser
import Contracts

struct CronPauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Have a schedule start no runs until slipway cron resume.", aliases: ["disable"]
    )

    @OptionGroup var schedule: ScheduleArguments
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let values = try schedule.values()
        try await connection.withPlatform { client in
            try await client.put(.pauseSchedule, values)
            try connection.write(
                ["paused": schedule.name], "The schedule \(schedule.name) of \(schedule.path) starts no runs")
        }
    }
}

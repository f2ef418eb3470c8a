import ArgumentParser
import Contracts

struct CronRemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove a schedule; its runs stay.")

    @OptionGroup var schedule: ScheduleArguments
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let values = try schedule.values()
        try await connection.withPlatform { client in
            try await client.delete(.schedule, values)
            try connection.write(
                ["removed": schedule.name], "Removed the schedule \(schedule.name) of \(schedule.path)")
        }
    }
}

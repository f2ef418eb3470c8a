import ArgumentParser
import Contracts

struct CronListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the schedules of a repository, and when they start a run next.")

    @Argument(help: ArgumentHelp("Such as shop/web.", valueName: "repo"))
    var path: String

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let path = try repositoryPath(path)
        try await connection.withPlatform { client in
            let schedules: [ScheduleView] = try await client.all(.schedules, [path.rawValue])
            try connection.write(
                schedules,
                [
                    .init("SCHEDULE"), .init("WHEN"), .init("BRANCH"), .init("NEXT", shrinks: true),
                    .init("LAST", alignsRight: true),
                ],
                none: "No schedules; make one: slipway cron set \(path) nightly '30 3 * * *'"
            ) { schedule in
                [
                    .init(schedule.name, .strong), .init(schedule.when), .init(schedule.branch ?? "the default one"),
                    .init(schedule.outlook, schedule.state == nil ? .plain : .bad),
                    .init(schedule.lastAt.map { TimeText.ago($0, now: .now) } ?? "never", .faint),
                ]
            }
        }
    }
}

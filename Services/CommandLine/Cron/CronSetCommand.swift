import ArgumentParser
import Contracts

struct CronSetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Make a schedule, or change one.",
        discussion: """
            The five fields are minute, hour, day of the month, month and day of the week, as in a crontab: numbers, \
            ranges (1-5), lists (1,3), steps (*/10), and the names jan to dec and sun to sat. Where both days are \
            restricted, either does. @hourly, @daily, @weekly, @monthly and @yearly are short for the usual ones.

            What is given takes the place of what there was of its kind; the rest stays. An empty text takes a zone, a \
            branch or the parameters away.

            A time that the clocks skip comes when they go on, one that they show twice comes the first time. What is \
            more than 5 minutes late was missed, such as while the platform was down.

              slipway cron set shop/web nightly '30 3 * * *' --zone Europe/Berlin
              slipway cron set shop/web audit '0 6 * * mon' --branch release --missed skip
              slipway cron set shop/web audit --param deep=yes
            """,
        aliases: ["add"])

    @OptionGroup var schedule: ScheduleArguments

    @Argument(
        help: ArgumentHelp("When it starts a run, such as '30 3 * * mon-fri'; a new one needs it.", valueName: "when"))
    var expression: String?

    @Option(help: "The time zone by whose clocks it goes, such as Europe/Berlin; UTC if absent.")
    var zone: String?

    @Option(help: "The branch that it runs; the default one if absent.")
    var branch: String?

    @Option(name: .customLong("param"), help: ArgumentHelp("A parameter's value; repeat it.", valueName: "name=value"))
    var parameters: [String] = []

    @Option(help: ArgumentHelp("What becomes of missed runs: catch-up by one run, or skip.", valueName: "what"))
    var missed: Missed?

    @OptionGroup var connection: ConnectionOptions

    /// As `MissedFirings` of the API.
    enum Missed: String, ExpressibleByArgument, CaseIterable {
        case catchUp = "catch-up"
        case skip

        var value: MissedFirings { self == .skip ? .skip : .catchUp }
    }

    func validate() throws { _ = try values() }

    private func values() throws -> [String: String] { try ParameterOptions.values(parameters.filter { !$0.isEmpty }) }

    func run() async throws {
        let values = try schedule.values()
        try await connection.withPlatform { client in
            let all: [ScheduleView] = try await client.all(.schedules, [values[0]])
            let request = try applied(to: all.first { $0.name == schedule.name })
            try CronShowCommand.write(try await client.put(.schedule, values, body: request), json: connection.json)
        }
    }

    private func applied(to known: ScheduleView?) throws -> ScheduleRequest {
        guard let expression = expression ?? known?.expression else {
            throw CommandError(
                "\(schedule.path) has no schedule “\(schedule.name)” to change",
                remedy: "say when it starts a run: slipway cron set \(schedule.path) \(schedule.name) '30 3 * * *'")
        }
        return ScheduleRequest(
            expression: expression, zone: Self.given(zone, known?.zone), branch: Self.given(branch, known?.branch),
            parameters: parameters.isEmpty ? known?.parameters : try values(), missed: missed?.value ?? known?.missed)
    }

    private static func given(_ text: String?, _ known: String?) -> String? {
        guard let text else { return known }
        return text.isEmpty ? nil : text
    }
}

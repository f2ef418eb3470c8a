import ArgumentParser
import Contracts

struct CronCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cron",
        abstract: "Schedules: runs that start by the clock.",
        discussion: """
            A schedule starts runs of the event cron, which conditions tell by its name:

              slipway cron set shop/web nightly '30 3 * * *' --zone Europe/Berlin

              trigger: {event: cron, cron: nightly}
            """,
        subcommands: [
            CronListCommand.self, CronShowCommand.self, CronSetCommand.self, CronPauseCommand.self,
            CronResumeCommand.self, CronRunCommand.self, CronRemoveCommand.self,
        ])
}

/// Which schedule a command is about.
struct ScheduleArguments: ParsableArguments {
    @Argument(help: ArgumentHelp("Such as shop/web.", valueName: "repo"))
    var path: String

    @Argument(help: "The schedule's name.")
    var name: String

    /// As the paths of the API have it.
    func values() throws -> [String] { [try repositoryPath(path).rawValue, name] }
}

extension ScheduleView {
    /// `30 3 * * * in Europe/Berlin`
    var when: String { "\(expression) in \(zone)" }

    /// When it starts a run next, or why it does not.
    var outlook: String { upcoming.first ?? state ?? "never" }
}

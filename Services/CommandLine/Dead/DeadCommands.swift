import ArgumentParser

struct DeadCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead",
        abstract: "Parked messages: what could not be processed, and why.",
        discussion: """
            A message that cannot be understood, or that failed too often, is parked so that it holds up nothing and \
            is not lost. Repair the cause, then send it again.
            """,
        subcommands: [DeadListCommand.self, DeadRetryCommand.self], defaultSubcommand: DeadListCommand.self)
}

import ArgumentParser

struct EnvironmentCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "environment",
        abstract: "Where rollouts may go, and whose.",
        discussion: """
            A deploy step names an environment; which repositories, refs and events may roll out to it, and to which \
            workloads or containers there, is said here and nowhere else. What it does not say is refused, and the \
            refusal names the command that allows it.
            """,
        subcommands: [
            EnvironmentListCommand.self, EnvironmentShowCommand.self, EnvironmentAddCommand.self,
            EnvironmentSetCommand.self, EnvironmentRemoveCommand.self, EnvironmentAdoptCommand.self,
            EnvironmentApproveCommand.self, EnvironmentRefuseCommand.self,
        ], defaultSubcommand: EnvironmentListCommand.self)
}

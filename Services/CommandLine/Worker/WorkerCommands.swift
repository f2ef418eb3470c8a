import ArgumentParser

struct WorkerCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract: "Builders and deployers: which there are, what they take, whether they are ready.",
        subcommands: [WorkerListCommand.self, WorkerDrainCommand.self, WorkerResumeCommand.self],
        defaultSubcommand: WorkerListCommand.self, aliases: ["builder", "deployer"])
}

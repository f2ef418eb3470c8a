import ArgumentParser

struct RepositoryCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repo",
        abstract: "The repositories Slipway delivers.",
        discussion: """
            A repository is known by its path on its server. To connect one: add it, enter the hook that `slipway \
            repo hook` prints in the forge, and push.
            """,
        subcommands: [
            RepositoryListCommand.self, RepositoryAddCommand.self, RepositoryShowCommand.self,
            RepositoryRemoveCommand.self, RepositoryAssociateCommand.self, RepositoryHookCommand.self,
            RepositoryKeepCommand.self,
        ], defaultSubcommand: RepositoryListCommand.self)
}

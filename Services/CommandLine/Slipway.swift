import ArgumentParser

/// The root of the command line.
struct Slipway: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "slipway",
        abstract: "From push to rollout: run, watch and look after deliveries.",
        discussion: """
            Start with a stack on this machine and a first run:

              slipway up
              slipway repo add shop/web https://git.example/shop/web.git
              slipway component put web web.json
              slipway run shop/web --component web --follow

            A RUN is written as shop/web#12, as its id or the beginning of it, as shop/web for the newest run of \
            that repository, or as latest.

            The platform is found in this order: --server and --token-file, the environment (SLIPWAY_SERVER, \
            SLIPWAY_TOKEN or SLIPWAY_TOKEN_FILE), what `slipway login` has kept.

            Every command takes --json for programs. Exit codes: 0 all went well, 1 the run failed or something is \
            wrong, 2 the command line is wrong.
            """,
        version: "slipway 0.1.0",
        groupedSubcommands: [
            CommandGroup(
                name: "Runs",
                subcommands: [
                    RunCommand.self, RunsCommand.self, ShowCommand.self, LogsCommand.self, CancelCommand.self,
                    AgainCommand.self,
                ]),
            CommandGroup(
                name: "Pipelines",
                subcommands: [LintCommand.self, CompileCommand.self, PlanCommand.self, SchemaCommand.self]),
            CommandGroup(
                name: "Platform",
                subcommands: [
                    RepositoryCommands.self, ComponentCommands.self, SecretCommands.self, RegistryCommands.self,
                    DeadCommands.self,
                ]),
            CommandGroup(
                name: "Here",
                subcommands: [LoginCommand.self, LogoutCommand.self, UpCommand.self, DownCommand.self]),
        ])
}

import ArgumentParser

/// The root of the command line.
struct Slipway: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "slipway",
        abstract: "From push to rollout: run, watch and look after deliveries.",
        discussion: """
            Start a platform on this machine, and a first run:

              slipway up
              slipway repo add shop/web https://git.example/shop/web.git
              slipway run shop/web --follow           # its .slipway.yml or .drone.yml
              slipway run shop/web --file try.yml -f  # or a pipeline file of yours

            A run is named shop/web#12, by its id or the beginning of it, shop/web for the newest run of that \
            repository, or latest.

            The platform is taken from the first that is given of: --server and --token-file after the command, \
            the environment (SLIPWAY_SERVER, SLIPWAY_TOKEN or SLIPWAY_TOKEN_FILE), the login that `slipway login` \
            or `slipway up` saved.

            Every command takes --json for programs. Exit codes: 0 all went well, 1 the run failed or something is \
            wrong, 2 the command line is wrong.
            """,
        version: "slipway 0.1.0",
        groupedSubcommands: [
            CommandGroup(
                name: "Runs",
                subcommands: [
                    RunCommand.self, RunsCommand.self, ShowCommand.self, LogsCommand.self, CancelCommand.self,
                    RerunCommand.self,
                ]),
            CommandGroup(
                name: "Pipelines",
                subcommands: [LintCommand.self, CompileCommand.self, PlanCommand.self, SchemaCommand.self]),
            CommandGroup(
                name: "Platform",
                subcommands: [
                    RepositoryCommands.self, CronCommands.self, ComponentCommands.self, EnvironmentCommands.self,
                    SecretCommands.self, RegistryCommands.self, KeyCommands.self, WorkerCommands.self,
                    PoolCommands.self,
                    PersonCommands.self, RoleCommands.self, SessionCommands.self, TokenCommands.self,
                    AuditCommand.self, DeadCommands.self, CleanCommand.self,
                ]),
            CommandGroup(
                name: "This machine",
                subcommands: [
                    LoginCommand.self, LogoutCommand.self, WhoAmICommand.self, UpCommand.self, DownCommand.self,
                    BackupCommand.self, RestoreCommand.self,
                ]),
        ])
}

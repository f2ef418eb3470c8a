import ArgumentParser

struct PoolCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pool",
        abstract: "Pools of builders: whose jobs each of them does.",
        discussion: """
            Builders started with one SLIPWAY_POOL are a pool, and a pipeline asks for it by `node: {pool: NAME}`. The pool \
            default serves everybody until it is given rules, others serve nobody.
            """,
        subcommands: [PoolListCommand.self, PoolShowCommand.self, PoolSetCommand.self, PoolRemoveCommand.self],
        defaultSubcommand: PoolListCommand.self)
}

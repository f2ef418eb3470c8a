import ArgumentParser

struct PoolCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pool",
        abstract: "Pools of builders and deployers: whose jobs each of them does.",
        discussion: """
            Builders and deployers started with one SLIPWAY_POOL are a pool. A pipeline asks for its builders by \
            `node: {pool: NAME}`, an environment for its deployers by `--pool NAME`. The pool default serves everybody until it \
            is given rules, others serve nobody.
            """,
        subcommands: [PoolListCommand.self, PoolShowCommand.self, PoolSetCommand.self, PoolRemoveCommand.self],
        defaultSubcommand: PoolListCommand.self)
}

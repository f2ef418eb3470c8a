import ArgumentParser

struct TokenCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "What people and programs sign in with.",
        discussion: """
            The platform makes the first token at its first start, and that one makes and revokes the others; each may be \
            replaced by who has it. Whoever looks after the platform's machine does the same with `pipeline token`.
            """,
        subcommands: [TokenListCommand.self, TokenMakeCommand.self, TokenRevokeCommand.self],
        defaultSubcommand: TokenListCommand.self)
}

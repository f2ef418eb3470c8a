import ArgumentParser

struct TokenCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "What people and programs sign in with.",
        discussion: """
            A token belongs to an account: a person's, who makes it, or a service account's, which administrators make \
            with it and which may do what is said then; each may be replaced by who has it. Whoever looks after the \
            platform's machine does the same with `pipeline token`.
            """,
        subcommands: [TokenListCommand.self, TokenMakeCommand.self, TokenRevokeCommand.self],
        defaultSubcommand: TokenListCommand.self)
}

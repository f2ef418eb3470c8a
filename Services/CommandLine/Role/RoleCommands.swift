import ArgumentParser

struct RoleCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "role",
        abstract: "Who has which role where.",
        discussion: """
            A role is held by an account, or by a group of the sign-in provider, which is written @GROUP. It holds within \
            a scope: ** (everything), shop/** (all below), shop/* (the group's own) or one repository.
            """,
        subcommands: [RoleListCommand.self, RoleGiveCommand.self, RoleTakeCommand.self],
        defaultSubcommand: RoleListCommand.self)
}

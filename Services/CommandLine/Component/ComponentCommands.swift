import ArgumentParser

struct ComponentCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "component",
        abstract: "Process components: pipelines saved on the platform.",
        discussion: """
            A component is a JSON document that any number of repositories can be associated with. A list of steps \
            is one as it is:

              [ {"step": "compile", "commands": ["make"]},
                {"step": "deploy",  "commands": ["docker run -d registry.example/app"]} ]
            """,
        subcommands: [
            ComponentListCommand.self, ComponentPutCommand.self, ComponentShowCommand.self,
            ComponentRemoveCommand.self,
        ], defaultSubcommand: ComponentListCommand.self)
}

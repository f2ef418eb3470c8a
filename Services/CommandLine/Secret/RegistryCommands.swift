import ArgumentParser

struct RegistryCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "registry",
        abstract: "Logins of image registries.",
        discussion: """
            Builders pull and push images with them, by the registry's host.
            """,
        subcommands: [RegistryListCommand.self, RegistrySetCommand.self, RegistryRemoveCommand.self],
        defaultSubcommand: RegistryListCommand.self)
}

/// A registry as it is named on the command line.
func registryHost(_ text: String) throws -> String {
    guard !text.contains("/") else {
        throw CommandError(
            "“\(text)” is not a registry's host", remedy: "leave out the scheme and the path: harbor.example:5000",
            isUsage: true)
    }
    return text
}

import ArgumentParser

struct RegistryCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "registry", abstract: "Logins of image registries.", subcommands: [RegistrySetCommand.self])
}

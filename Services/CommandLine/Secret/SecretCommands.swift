import ArgumentParser

struct SecretCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secret",
        abstract: "Secrets that steps use with from_secret.",
        discussion: """
            A secret belongs to one repository (--repo) or to all. Its value is sealed on arrival, opened only by \
            the worker that runs a step which names it, masked in logs, and never shown again.
            """,
        subcommands: [SecretListCommand.self, SecretSetCommand.self, SecretRemoveCommand.self],
        defaultSubcommand: SecretListCommand.self)
}

/// Whose secret it is.
struct SecretScope: ParsableArguments {
    @Option(name: .customLong("repo"), help: ArgumentHelp("Of this repository only.", valueName: "repo"))
    var repository: String?

    /// The API's path of a secret, or of the list.
    func route(_ name: String? = nil) throws -> String {
        let rest = "secrets" + (name.map { "/" + URLText.encode($0) } ?? "")
        guard let repository else { return rest }
        return APIClient.route(try repositoryPath(repository), "/" + rest)
    }
}

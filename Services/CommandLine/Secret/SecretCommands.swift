import ArgumentParser

struct SecretCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secret",
        abstract: "Secrets that steps use with from_secret.",
        discussion: """
            A secret is for one repository (--repo) or for all. Its value is encrypted on arrival, decrypted only by \
            the worker that runs a step which names it, masked in logs, and never shown again.
            """,
        subcommands: [SecretListCommand.self, SecretSetCommand.self, SecretRemoveCommand.self],
        defaultSubcommand: SecretListCommand.self)
}

/// Whose secret it is.
struct SecretScope: ParsableArguments {
    @Option(
        name: .customLong("repo"),
        help: ArgumentHelp("For this repository only; for all of them if absent.", valueName: "repo"))
    var repository: String?

    /// The API's path of a secret, or of the list.
    func route(_ name: String? = nil) throws -> String {
        let rest = "secrets" + (name.map { "/" + URLText.encode($0) } ?? "")
        guard let repository else { return rest }
        return APIClient.route(try repositoryPath(repository), "/" + rest)
    }
}

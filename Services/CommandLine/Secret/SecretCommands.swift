import ArgumentParser
import Contracts

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

    /// The API's path of the list, and the values of its parameters.
    func list() throws -> (path: APIPath, values: [String]) {
        guard let repository else { return (.secrets, []) }
        return (.repositorySecrets, [try repositoryPath(repository).rawValue])
    }

    /// The same of one secret.
    func secret(_ name: String) throws -> (path: APIPath, values: [String]) {
        guard let repository else { return (.secret, [name]) }
        return (.repositorySecret, [try repositoryPath(repository).rawValue, name])
    }
}

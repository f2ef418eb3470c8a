import ArgumentParser
import Contracts

struct SecretCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secret",
        abstract: "Secrets that steps use with from_secret.",
        discussion: """
            A secret is for one repository (--repo), for those of a group (--group) or for all; the nearest of a name \
            counts. Commits of branches and tags get it, but no merge request, unless it is limited to some. Its value is \
            encrypted on arrival, decrypted only by the worker that runs a step which names it, masked in logs, and never \
            shown again.
            """,
        subcommands: [
            SecretListCommand.self, SecretSetCommand.self, SecretLimitCommand.self, SecretRemoveCommand.self,
        ],
        defaultSubcommand: SecretListCommand.self)
}

/// Whose secret it is.
struct SecretScope: ParsableArguments {
    @Option(
        name: .customLong("repo"), help: ArgumentHelp("For this repository only.", valueName: "repo"))
    var repository: String?

    @Option(
        help: ArgumentHelp(
            "For all repositories of this group, such as shop; for all there are, if neither is given.",
            valueName: "group"))
    var group: String?

    func validate() throws {
        if repository != nil, group != nil {
            throw ValidationError("A secret is of a repository (--repo) or of a group (--group), not of both.")
        }
    }

    /// The API's path of the list, and the values of its parameters.
    func list() throws -> (path: APIPath, values: [String]) {
        guard let repository else { return (.secrets, []) }
        return (.repositorySecrets, [try repositoryPath(repository).rawValue])
    }

    /// The same of one secret.
    func secret(_ name: String) throws -> (path: APIPath, values: [String]) {
        if let group { return (.groupSecret, [group, name]) }
        guard let repository else { return (.secret, [name]) }
        return (.repositorySecret, [try repositoryPath(repository).rawValue, name])
    }

    /// Whether a secret of the whole list is one of these.
    func has(_ secret: SecretView) throws -> Bool {
        try secret.group == group && secret.repository == repository.map { try repositoryPath($0) }
    }
}

/// Which jobs and steps get a secret, as options. Each may be repeated; an empty text leaves a list empty.
struct SecretOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A branch whose commits get it.", valueName: "glob"))
    var branch: [String] = []

    @Option(help: ArgumentHelp("A tag whose commit gets it.", valueName: "glob"))
    var tag: [String] = []

    @Option(
        help: ArgumentHelp(
            "A ref whose commits get it, such as refs/heads/main; every branch and tag if absent.", valueName: "glob"))
    var ref: [String] = []

    @Option(help: ArgumentHelp("An event that gets it; all but pull_request if absent.", valueName: "event"))
    var event: [String] = []

    @Option(
        help: ArgumentHelp(
            "An environment: only rollouts and promotions to it get the secret.", valueName: "name"))
    var environment: [String] = []

    @Option(
        help: ArgumentHelp(
            "An image: only steps that run it as it is, without commands, get the secret.", valueName: "glob"))
    var image: [String] = []

    var isEmpty: Bool { (branch + tag + ref + event + environment + image).isEmpty }

    /// The rules with what was given in the place of what there was.
    func applied(to rules: SecretRules) throws -> SecretRules {
        var rules = rules
        let refs =
            branch.map { $0.isEmpty ? "" : "refs/heads/\($0)" } + tag.map { $0.isEmpty ? "" : "refs/tags/\($0)" } + ref
        if !refs.isEmpty { rules.refs = refs.filter { !$0.isEmpty } }
        if !event.isEmpty { rules.events = try Event.all(named: event) }
        if !environment.isEmpty { rules.environments = environment.filter { !$0.isEmpty } }
        if !image.isEmpty { rules.images = image.filter { !$0.isEmpty } }
        return rules
    }

    /// The same of a secret of the platform; `nil` where nothing is to change.
    func applied(to name: String, of scope: SecretScope, at client: APIClient) async throws -> SecretRules? {
        guard !isEmpty else { return nil }
        let known: [SecretView] = try await client.all(.secrets)
        return try applied(to: known.first { try $0.name == name && scope.has($0) }?.rules ?? SecretRules())
    }
}

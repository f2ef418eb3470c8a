import ArgumentParser
import Contracts

struct RegistryCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "registry",
        abstract: "Logins of image registries.",
        discussion: """
            Workers pull and push images with them: of several for one registry the one of the longest path counts. A job \
            gets those of the registries that its steps name, where its commit is of a branch or tag and they are limited \
            to nothing else.
            """,
        subcommands: [
            RegistryListCommand.self, RegistrySetCommand.self, RegistryLimitCommand.self, RegistryRemoveCommand.self,
        ],
        defaultSubcommand: RegistryListCommand.self)
}

/// Which login it is.
struct RegistryArgument: ParsableArguments {
    @Argument(help: "The registry's host, with its port if it has one: harbor.example, 127.0.0.1:5000.")
    var host: String

    @Option(
        help: ArgumentHelp(
            "For this path of it and what is below alone, such as shop for harbor.example/shop/web.",
            valueName: "path"))
    var path: String?

    /// As the platform knows it.
    func place() throws -> RegistryPlace {
        guard !host.contains("://") else {
            throw CommandError(
                "“\(host)” is not a registry's host", remedy: "leave out the scheme: harbor.example:5000", isUsage: true
            )
        }
        var place = RegistryPlace(host)
        if let path {
            let parts = (place.path.split(separator: "/") + path.split(separator: "/")).map(String.init)
            place.path = parts.joined(separator: "/")
        }
        return place
    }
}

/// Which jobs a login is used for, as options. Lists may be repeated; an empty text leaves a list empty.
struct RegistryOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A repository whose jobs use it, such as shop/web or shop/*; all if absent.", valueName: "glob"))
    var repo: [String] = []

    @Option(help: ArgumentHelp("A branch whose commits use it.", valueName: "glob"))
    var branch: [String] = []

    @Option(help: ArgumentHelp("A tag whose commit uses it.", valueName: "glob"))
    var tag: [String] = []

    @Option(
        help: ArgumentHelp(
            "A ref whose commits use it, such as refs/heads/main; every branch and tag if absent.", valueName: "glob"))
    var ref: [String] = []

    @Option(help: ArgumentHelp("An event that uses it; all but pull_request if absent.", valueName: "event"))
    var event: [String] = []

    @Flag(help: "For pulls; for pulls and pushes if neither is given.")
    var pull = false

    @Flag(help: "For pushes.")
    var push = false

    @Flag(
        inversion: .prefixedNo,
        help:
            "Whether commands that run as processes may read it; if absent, where it is limited to no path and no use.")
    var commands: Bool?

    var isEmpty: Bool { (repo + branch + tag + ref + event).isEmpty && !pull && !push && commands == nil }

    /// The rules with what was given in the place of what there was.
    func applied(to rules: RegistryRules) throws -> RegistryRules {
        var rules = rules
        if !repo.isEmpty { rules.repositories = repo.filter { !$0.isEmpty } }
        let refs =
            branch.map { $0.isEmpty ? "" : "refs/heads/\($0)" } + tag.map { $0.isEmpty ? "" : "refs/tags/\($0)" } + ref
        if !refs.isEmpty { rules.refs = refs.filter { !$0.isEmpty } }
        if !event.isEmpty { rules.events = try Event.all(named: event) }
        if pull || push { rules.uses = pull && push ? [] : pull ? [.pull] : [.push] }
        if let commands { rules.commands = commands }
        return rules
    }

    /// The same of a login of the platform; `nil` where nothing is to change.
    func applied(to place: RegistryPlace, at client: APIClient) async throws -> RegistryRules? {
        guard !isEmpty else { return nil }
        let known: [RegistryView] = try await client.get(.registries)
        return try applied(to: known.first { $0.host == place.description }?.rules ?? RegistryRules())
    }
}

import ArgumentParser
import Contracts

struct PoolSetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Say whose jobs the builders and deployers of a pool do.",
        discussion: """
            What is given takes the place of what there was of its kind; the rest stays. An empty text leaves a list \
            empty.

              slipway pool set gpu --repo 'shop/*' --branch main
              slipway pool set default --repo '**' --event push --event tag
            """)

    @Argument(help: "The pool's name.")
    var name: String

    @Option(help: ArgumentHelp("A repository that it serves, such as shop/web or shop/*.", valueName: "glob"))
    var repo: [String] = []

    @Option(help: ArgumentHelp("A branch that it serves.", valueName: "glob"))
    var branch: [String] = []

    @Option(help: ArgumentHelp("A tag that it serves.", valueName: "glob"))
    var tag: [String] = []

    @Option(help: ArgumentHelp("A ref that it serves, such as refs/heads/main.", valueName: "glob"))
    var ref: [String] = []

    @Option(help: ArgumentHelp("An event that it serves; all but pull_request if absent.", valueName: "event"))
    var event: [String] = []

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withPlatform { client in
            let known: [PoolView] = try await client.all(.pools)
            let rules = try applied(to: known.first { $0.name == name }?.rules ?? PoolRules())
            try PoolShowCommand.write(try await client.put(.pool, [name], body: rules), json: connection.json)
        }
    }

    private func applied(to rules: PoolRules) throws -> PoolRules {
        var rules = rules
        if !repo.isEmpty { rules.repositories = repo.filter { !$0.isEmpty } }
        let refs =
            branch.map { $0.isEmpty ? "" : "refs/heads/\($0)" } + tag.map { $0.isEmpty ? "" : "refs/tags/\($0)" } + ref
        if !refs.isEmpty { rules.refs = refs.filter { !$0.isEmpty } }
        if !event.isEmpty { rules.events = try Event.all(named: event) }
        return rules
    }
}

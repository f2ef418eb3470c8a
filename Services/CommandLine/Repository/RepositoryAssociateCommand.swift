public import ArgumentParser
public import Contracts

struct RepositoryAssociateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "associate",
        abstract: "Choose the component that runs for a repository's events.",
        discussion: """
            A repository has one association per component: giving it again replaces its events and branches. What \
            runs is the first whose events and branches match, in the order in which they were made. A pipeline file \
            of the repository wins over all of them (unless it was added with --no-file).

              slipway repo associate shop/web web               for every event
              slipway repo associate shop/web web --event push --branch main
              slipway repo associate shop/web release --event tag
              slipway repo associate shop/web web --remove
            """)

    @Argument(help: ArgumentHelp("Such as shop/web.", valueName: "repo"))
    var path: String

    @Argument(help: "The component's name.")
    var component: String

    @Option(
        name: .customLong("event"),
        help: ArgumentHelp("An event it is for; repeat it. All of them if absent.", valueName: "event"))
    var events: [Event] = []

    @Option(
        name: .customLong("branch"),
        help: ArgumentHelp("A branch it is for, as a glob; repeat it. All of them if absent.", valueName: "glob"))
    var branches: [String] = []

    @Flag(help: "Remove the association.")
    var remove = false

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let path = try repositoryPath(path)
        try await connection.withPlatform { client in
            let repository = try await client.repository(path)
            let wanted = Self.changed(
                repository.associations, component: component,
                to: remove ? nil : AssociationView(component: component, events: events, branches: branches))
            if remove, wanted.count == repository.associations.count {
                throw CommandError(
                    "“\(component)” is not associated with \(path)", remedy: "see `slipway repo show \(path)`")
            }
            try await client.put(.associations, [path.rawValue], body: wanted)
            let view = try await client.repository(path)
            let console = Console.current
            if connection.json { return try console.write(json: view) }
            console.write(lines: RepositoryShowCommand.page(view, style: console.style, width: console.width))
        }
    }

    /// The associations with this component's replaced in its place, added at the end, or gone.
    static func changed(
        _ associations: [AssociationView], component: String, to association: AssociationView?
    ) -> [AssociationView] {
        var result = associations
        let place = result.firstIndex { $0.component == component }
        result.removeAll { $0.component == component }
        if let association { result.insert(association, at: min(place ?? result.count, result.count)) }
        return result
    }
}

extension Event: ExpressibleByArgument {}

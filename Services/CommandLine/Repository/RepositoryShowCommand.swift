import ArgumentParser
import Contracts

struct RepositoryShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show one repository.")

    @Argument(help: ArgumentHelp("Such as shop/web.", valueName: "repo"))
    var path: String

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let path = try repositoryPath(path)
        try await connection.withPlatform { client in
            let view = try await client.repository(path)
            let console = Console.current
            if connection.json { return try console.write(json: view) }
            console.write(lines: Self.page(view, style: console.style, width: console.width))
        }
    }

    static func page(_ view: RepositoryView, style: Style, width: Int?) -> [String] {
        var facts = Table([.init(""), .init("", shrinks: true)])
        facts.hasHeader = false
        facts.indent = 2
        facts.add(.init("cloned from", .faint), .init(view.cloneURL))
        if let forge = view.forge {
            facts.add(.init("hosted at", .faint), .init(Forge.named(forge)?.product ?? forge))
        }
        facts.add(.init("signs in", .faint), .init(view.hasToken ? "with a token" : "without a token"))
        facts.add(.init("branch", .faint), .init(view.defaultBranch))
        facts.add(
            .init("file", .faint), .init(view.allowsFile ? "its pipeline file is used" : "its pipeline file is ignored")
        )
        switch view.missedPushes {
        case .none?: facts.add(.init("without a hook", .faint), .init("pushes do not run"))
        case .branches:
            facts.add(.init("without a hook", .faint), .init("pushes of branches run, those of tags do not"))
        case .all, nil: break
        }
        if let hook = view.hookURL { facts.add(.init("hook", .faint), .init(hook)) }
        for (index, association) in view.associations.enumerated() {
            facts.add(.init(index == 0 ? "components" : "", .faint), .init(describe(association)))
        }
        if let caller = view.associatedBy { facts.add(.init("set by", .faint), .init(caller.text)) }
        if let rules = view.retention { facts.add(.init("runs kept", .faint), .init(rules.summary)) }
        return [style.paint(view.path.rawValue, .strong)] + facts.lines(style: style, width: width)
    }

    /// `web on push, tag of main, release/*`
    static func describe(_ association: AssociationView) -> String {
        let events =
            association.events.isEmpty ? "every event" : association.events.map(\.rawValue).joined(separator: ", ")
        let branches = association.branches.isEmpty ? "any branch" : association.branches.joined(separator: ", ")
        return "\(association.component) on \(events) of \(branches)"
    }
}

import ArgumentParser
import Contracts

struct EnvironmentShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show one environment.")

    @Argument(help: "The environment's name.")
    var name: String

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withPlatform { client in
            try Self.write(try await client.get(.environment, [name]), json: connection.json)
        }
    }

    static func write(_ view: EnvironmentView, json: Bool) throws {
        let console = Console.current
        if json { return try console.write(json: view) }
        console.write(lines: page(view, style: console.style, width: console.width))
    }

    static func page(_ view: EnvironmentView, style: Style, width: Int?) -> [String] {
        let rules = view.rules
        var facts = Table([.init(""), .init("", shrinks: true)])
        facts.hasHeader = false
        facts.indent = 2
        func add(_ what: String, _ values: [String], none: String? = nil) {
            guard let text = values.isEmpty ? none : values.joined(separator: ", ") else { return }
            facts.add(.init(what, .faint), .init(text))
        }
        add("repositories", rules.repositories)
        add("refs", rules.refs, none: "every branch and tag")
        add("events", rules.events.map(\.rawValue), none: "all but those of merge requests")
        add("on", rules.clusters)
        if !rules.workloads.isEmpty {
            add("namespaces", rules.namespaces, none: "the one of the cluster's configuration")
        }
        add("workloads", rules.workloads)
        add("containers", rules.containers)
        if !rules.containers.isEmpty {
            add("volumes", rules.allows.volumes, none: "none")
            add("networks", rules.allows.networks, none: "the engine's own")
            add("ports", rules.allows.ports, none: "none")
            add("users", rules.allows.users, none: "the image's own")
        }
        add("variables", rules.variables.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" })
        add("url", [rules.url].compactMap { $0 })
        add("changed", ["\(TimeText.ago(view.updatedAt, now: .now)) by \(view.updatedBy)"])
        add("note", [view.note].compactMap { $0 })
        return [style.paint(view.name, .strong)] + facts.lines(style: style, width: width)
    }
}

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
        func add(_ what: String, _ value: String?) {
            if let value { facts.add(.init(what, .faint), .init(value)) }
        }
        for fact in rules.facts { add(fact.name, fact.value) }
        let variables = rules.variables.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        add("variables", variables.isEmpty ? nil : variables.joined(separator: ", "))
        add("url", rules.url)
        add("changed", "\(TimeText.ago(view.updatedAt, now: .now)) by \(view.updatedBy)")
        let given = view.adopted ?? []
        add("given", given.isEmpty ? nil : given.map { "\($0.workload) to \($0.repository)" }.joined(separator: ", "))
        add("note", view.note)
        return [style.paint(view.name, .strong)] + facts.lines(style: style, width: width)
    }
}

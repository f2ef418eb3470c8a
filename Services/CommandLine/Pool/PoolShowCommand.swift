import ArgumentParser
import Contracts

struct PoolShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show the rules of one pool.")

    @Argument(help: "The pool's name.")
    var name: String

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withPlatform { client in
            try Self.write(try await client.get(.pool, [name]), json: connection.json)
        }
    }

    static func write(_ view: PoolView, json: Bool) throws {
        let console = Console.current
        if json { return try console.write(json: view) }
        var facts = Table([.init(""), .init("", shrinks: true)])
        facts.hasHeader = false
        facts.indent = 2
        for fact in view.rules.facts { facts.add(.init(fact.name, .faint), .init(fact.value)) }
        facts.add(
            .init("changed", .faint), .init("\(TimeText.ago(view.updatedAt, now: .now)) by \(view.updatedBy)"))
        console.write(
            lines: [console.style.paint(view.name, .strong)]
                + facts.lines(style: console.style, width: console.width))
    }
}

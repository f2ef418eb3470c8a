import ArgumentParser
import Contracts
import Secrets

struct KeyListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the platform's keys and what still needs each.",
        discussion: """
            Values are never shown. A key that is shared is of an earlier version, where all services had it; one that is \
            missing sealed something that the platform cannot open.
            """)

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withPlatform { client in
            let keys: [KeyView] = try await client.all(.keys)
            let console = Console.current
            if connection.json { return try console.write(json: keys) }
            var table = Table([
                .init("KEY"), .init("MADE"), .init("STATE"), .init("STORED", alignsRight: true),
                .init("NEEDED BY", shrinks: true),
            ])
            for key in keys {
                let holders = key.holders.isEmpty ? "-" : key.holders.joined(separator: ", ")
                table.add(
                    .init(key.id, .strong), .init(KeyFolder.day(of: key.id) ?? "-", .faint), .init(key.state.rawValue),
                    .init("\(key.stored)"), .init(holders))
            }
            console.write(lines: table.lines(style: console.style, width: console.width))
        }
    }
}

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
            try connection.write(
                keys,
                [
                    .init("KEY"), .init("MADE"), .init("STATE"), .init("STORED", alignsRight: true),
                    .init("NEEDED BY", shrinks: true),
                ]
            ) { key in
                let holders = key.holders.isEmpty ? "-" : key.holders.joined(separator: ", ")
                return [
                    .init(key.id, .strong), .init(KeyFolder.day(of: key.id) ?? "-", .faint), .init(key.state.rawValue),
                    .init("\(key.stored)"), .init(holders),
                ]
            }
        }
    }
}

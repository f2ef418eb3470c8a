import ArgumentParser
import Contracts

struct PoolListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the pools that have rules.")

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withPlatform { client in
            let pools: [PoolView] = try await client.all(.pools)
            try connection.write(
                pools,
                [
                    .init("POOL"), .init("FOR", shrinks: true), .init("REFS", shrinks: true),
                    .init("CHANGED", alignsRight: true),
                ],
                none: "No pool has rules: the pool default serves everybody"
            ) { pool in
                let facts = pool.rules.facts
                return [
                    .init(pool.name, .strong), .init(facts[0].value), .init(facts[1].value),
                    .init("\(TimeText.ago(pool.updatedAt, now: .now)) by \(pool.updatedBy)", .faint),
                ]
            }
        }
    }
}

import ArgumentParser
import Contracts

struct PoolListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the pools that have rules.")

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withPlatform { client in
            let pools: [PoolView] = try await client.all(.pools)
            let console = Console.current
            if connection.json { return try console.write(json: pools) }
            if pools.isEmpty { return Console.remark("No pool has rules: the pool default serves everybody") }
            var table = Table([
                .init("POOL"), .init("FOR", shrinks: true), .init("REFS", shrinks: true),
                .init("CHANGED", alignsRight: true),
            ])
            for pool in pools {
                let facts = pool.rules.facts
                table.add(
                    .init(pool.name, .strong), .init(facts[0].value), .init(facts[1].value),
                    .init("\(TimeText.ago(pool.updatedAt, now: .now)) by \(pool.updatedBy)", .faint))
            }
            console.write(lines: table.lines(style: console.style, width: console.width))
        }
    }
}

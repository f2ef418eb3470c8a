import ArgumentParser
import Contracts

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Who did what: the audit log, newest first.",
        discussion: """
            Administrators see every change, approval, rollout and use of a secret: who, from where, and what was before and \
            is since. --json prints each entry whole, a line each.

              slipway audit --account anna --limit 20
              slipway audit --operation environment.save --json
            """)

    @Option(help: ArgumentHelp("Only what this account did.", valueName: "name"))
    var account: String?

    @Option(help: ArgumentHelp("Only this, such as environment.save.", valueName: "operation"))
    var operation: String?

    @Option(help: ArgumentHelp("Only what is about this repository.", valueName: "path"))
    var repo: String?

    @Option(help: ArgumentHelp("Only from this moment on, such as 2026-11-27T00:00:00Z.", valueName: "moment"))
    var since: String?

    @Option(help: ArgumentHelp("Only before this moment.", valueName: "moment"))
    var until: String?

    @Option(help: "How many entries at most.")
    var limit = 50

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withPlatform { client in
            let console = Console.current
            var table = Table([
                .init("WHEN", alignsRight: true), .init("WHO"), .init("DID"), .init("TO", shrinks: true),
                .init("FROM", shrinks: true),
            ])
            var left = max(0, limit)
            var before: String?
            while left > 0 {
                let page: Page<AuditView> = try await client.get(
                    .audit,
                    query: [
                        ("account", account), ("operation", operation), ("repository", repo), ("since", since),
                        ("until", until), ("limit", "\(min(left, 200))"), ("before", before),
                    ])
                for entry in page.items {
                    if connection.json {
                        try console.write(jsonLine: entry)
                        continue
                    }
                    table.add(
                        .init(TimeText.ago(entry.at, now: .now), .faint), .init(entry.account, .strong),
                        .init(entry.operation), .init(entry.subject), .init(entry.origin ?? "", .faint))
                }
                left -= page.items.count
                before = page.next
                if before == nil { break }
            }
            if !connection.json { console.write(lines: table.lines(style: console.style, width: console.width)) }
        }
    }
}

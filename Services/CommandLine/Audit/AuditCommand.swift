import ArgumentParser
import Contracts
import FoundationEssentials
import HTTPClient

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Who did what: the audit log, newest first.",
        discussion: """
            Administrators see every change, approval, rollout, sign-in and use of a secret: who, from where, and what was \
            before and is since. --json prints each entry whole, a line each. --export prints all of them like that, the \
            oldest first; what broke off goes on after the last entry it printed.

              slipway audit --account anna --limit 20
              slipway audit --operation environment.save --json
              slipway audit --operation account.sign-in-failed --origin 192.0.2.7
              slipway audit --export --after 41000 >> audit.jsonl
            """)

    @Option(help: ArgumentHelp("Only what this account did.", valueName: "name"))
    var account: String?

    @Option(help: ArgumentHelp("Only this, such as environment.save.", valueName: "operation"))
    var operation: String?

    @Option(help: ArgumentHelp("Only what is about this repository.", valueName: "path"))
    var repo: String?

    @Option(
        help: ArgumentHelp("Only what was done from this address, or what this worker was given.", valueName: "address")
    )
    var origin: String?

    @Option(help: ArgumentHelp("Only from this moment on, such as 2026-11-27T00:00:00Z.", valueName: "moment"))
    var since: String?

    @Option(help: ArgumentHelp("Only before this moment.", valueName: "moment"))
    var until: String?

    @Option(help: "How many entries at most; 50 if absent.")
    var limit: Int?

    @Flag(help: "Print all of them as JSON lines, the oldest first.")
    var export = false

    @Option(help: ArgumentHelp("With --export only those after this entry.", valueName: "id"))
    var after: Int64?

    @OptionGroup var connection: ConnectionOptions

    private var filter: [(String, String?)] {
        [
            ("account", account), ("operation", operation), ("repository", repo), ("origin", origin), ("since", since),
            ("until", until),
        ]
    }

    func validate() throws {
        if after != nil, !export { throw ValidationError("--after is for --export.") }
        if export, limit != nil { throw ValidationError("--export prints all; --limit is for a list.") }
        if let limit, limit < 1 { throw ValidationError("--limit \(limit): give 1 or more.") }
    }

    func run() async throws {
        try await connection.withPlatform { client in
            try await export ? exportAll(client) : list(client)
        }
    }

    private func exportAll(_ client: APIClient) async throws {
        let body = try await client.stream(
            .auditExport, query: filter + [("after", after.map(String.init))], accept: "application/x-ndjson")
        var lines = LineBlocks()
        do {
            for try await piece in body {
                if let block = lines.receive(piece) { Console.current.write(bytes: block) }
            }
        } catch {
            // A line that is no entry is none to go on from.
            let last = lines.last.flatMap { try? Wire.decode(AuditView.self, from: Data($0)).id } ?? after
            throw CommandError(
                "the log broke off: \(error.message)",
                remedy: last.map { "go on with --after \($0)" } ?? "try again")
        }
    }

    private func list(_ client: APIClient) async throws {
        let console = Console.current
        var table = Table([
            .init("WHEN", alignsRight: true), .init("WHO"), .init("DID"), .init("TO", shrinks: true),
            .init("FROM", shrinks: true),
        ])
        var left = limit ?? 50
        var before: String?
        while left > 0 {
            let page: Page<AuditView> = try await client.get(
                .audit, query: filter + [("limit", "\(min(left, 200))"), ("before", before)])
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

/// Whole lines of what comes in pieces: a file that a broken connection leaves ends with one.
struct LineBlocks: Sendable {
    private var rest: [UInt8] = []
    /// The last whole line.
    private(set) var last: [UInt8]?

    /// The lines that are whole with these bytes; `nil` where none is.
    mutating func receive(_ bytes: [UInt8]) -> [UInt8]? {
        guard let end = bytes.lastIndex(of: 0x0A) else {
            rest += bytes
            return nil
        }
        let block = rest + bytes[...end]
        rest = Array(bytes[(end + 1)...])
        last = block.dropLast().split(separator: 0x0A).last.map(Array.init)
        return block
    }
}

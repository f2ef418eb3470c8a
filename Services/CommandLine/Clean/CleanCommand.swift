import ArgumentParser
import Contracts

struct CleanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clean",
        abstract: "Have runs that are not kept any more go now.",
        discussion: """
            The platform does it once an hour by itself, in small pieces beside all else. How long runs are kept, its \
            settings say (SLIPWAY_KEEP_DAYS and others), and slipway repo keep for one repository.

              slipway clean --dry-run    only says what would go
            """)

    @Flag(help: "Only say what would go.")
    var dryRun = false

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withPlatform { client in
            let view: RetentionView = dryRun ? try await client.get(.retention) : try await client.post(.clean)
            let console = Console.current
            if connection.json { return try console.write(json: view) }
            let verb = dryRun ? "would go" : "go"
            if !view.leaving.isEmpty {
                var table = Table([
                    .init("REPOSITORY", shrinks: true), .init("RUNS", alignsRight: true),
                    .init("LOGS", alignsRight: true), .init("FROM", alignsRight: true), .init("TO", alignsRight: true),
                ])
                for leaving in view.leaving {
                    table.add(
                        .init(leaving.repository.rawValue, .strong), .init("\(leaving.runs)"),
                        .init(Self.size(leaving.logBytes)),
                        .init(TimeText.ago(leaving.oldest, now: .now), .faint),
                        .init(TimeText.ago(leaving.newest, now: .now), .faint))
                }
                console.write(lines: table.lines(style: console.style, width: console.width))
            }
            console.write(line: "\(Self.sum(of: view)) \(verb)")
            Console.remark(console.style.paint("kept: \(Self.limits(of: view))", .faint))
        }
    }

    /// `12 runs with 4.0 KiB of logs, 2 processes and 3 parked messages`
    static func sum(of view: RetentionView) -> String {
        func count(_ number: Int, _ what: String) -> String { "\(number) \(what)\(number == 1 ? "" : "s")" }
        let runs = view.leaving.reduce(0) { $0 + $1.runs }
        let bytes = view.leaving.reduce(0) { $0 + $1.logBytes }
        let processes = "\(view.processes) process\(view.processes == 1 ? "" : "es")"
        return "\(count(runs, "run")) with \(size(bytes)) of logs, \(processes) and "
            + count(view.parked, "parked message")
    }

    /// `365 days, 10000 runs of a repository, 102400 MiB of logs`
    static func limits(of view: RetentionView) -> String {
        let rules = RetentionRules(days: view.days, runs: view.runs, logMebibytes: view.logMebibytes)
        return "\(rules.summary); the last good run of each branch, and what is rolled out"
    }

    /// `4.0 KiB`
    static func size(_ bytes: Int64) -> String {
        var (value, unit) = (Double(bytes), "B")
        for next in ["KiB", "MiB", "GiB", "TiB"] where value >= 1_024 {
            value /= 1_024
            unit = next
        }
        if unit == "B" { return "\(bytes) B" }
        let tenths = Int64((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) \(unit)"
    }
}

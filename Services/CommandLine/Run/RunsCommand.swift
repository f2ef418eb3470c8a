public import ArgumentParser
public import Contracts

struct RunsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs",
        abstract: "List runs, the newest first.",
        discussion: """
              slipway runs                              the newest of all repositories
              slipway runs --repo shop/web --limit 50   of one repository
              slipway runs --state failure              those that failed
              slipway runs --state running --json       for a program
            """)

    @Option(name: [.customLong("repo")], help: ArgumentHelp("Only this repository's.", valueName: "repo"))
    var repository: String?

    @Option(help: ArgumentHelp("Only those in this state.", valueName: "state"))
    var state: RunState?

    @Option(name: [.short, .long], help: "How many.")
    var limit = 20

    @Option(help: ArgumentHelp("Only those before this place; JSON's “next” gives it.", valueName: "cursor"))
    var before: String?

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard (1...200).contains(limit) else { throw ValidationError("--limit \(limit): give 1 to 200.") }
    }

    func run() async throws {
        let path = try repository.map(repositoryPath)
        try await connection.withPlatform { client in
            let page = try await client.runs(repository: path, state: state, before: before, limit: limit)
            let console = Console.current
            if connection.json { return try console.write(json: page) }
            if page.items.isEmpty { return Console.remark("No runs.") }
            console.write(lines: Self.table(page.items, now: .now).lines(style: console.style, width: console.width))
        }
    }

    static func table(_ runs: [RunSummary], now: Timestamp) -> Table {
        var table = Table([
            .init("RUN"), .init("STATE"), .init("REF"), .init("COMMIT"), .init("MESSAGE", shrinks: true), .init("BY"),
            .init("TOOK", alignsRight: true), .init("STARTED", alignsRight: true),
        ])
        for run in runs {
            table.add(
                .init("\(run.repository)#\(run.number)", .strong),
                .init("\(run.state.symbol) \(run.state.word)", run.state.tone), .init(run.refName, .name),
                .init(run.commit?.short ?? "", .faint), .init(run.reason ?? run.commit?.message ?? ""),
                .init(run.startedBy?.account ?? run.sender ?? (run.byHand == true ? "by hand" : run.event.rawValue)),
                .init(TimeText.span(from: run.startedAt, to: run.finishedAt, now: now) ?? ""),
                .init(TimeText.ago(run.createdAt, now: now), .faint))
        }
        return table
    }
}

extension RunState: ExpressibleByArgument {
    /// By its name, or by the word that is shown for it.
    public init?(argument: String) {
        guard let state = Self(rawValue: argument) ?? Self.allCases.first(where: { $0.word == argument }) else {
            return nil
        }
        self = state
    }
}

import Contracts
import FoundationEssentials
import Logging
import Messaging
import Storage
import TestSupport
import Testing

@testable import Pipeline

/// What is not kept any more goes, whole, and nothing else.
@Suite struct RunCleanerTests {
    private static let none: Retention = {
        var retention = Retention()
        (retention.days, retention.runs, retention.logBytes, retention.branchDays) = (0, 0, 0, 0)
        (retention.parkedDays, retention.parked, retention.grace) = (0, 0, .zero)
        return retention
    }()

    private static func keeping(_ change: (inout Retention) -> Void) -> Retention {
        var retention = none
        change(&retention)
        return retention
    }

    private func cleaner(_ platform: PlatformFixture, _ retention: Retention) -> RunCleaner {
        RunCleaner(store: platform.store, retention: retention, logs: platform.logs, logger: Logger(label: "test"))
    }

    /// Time goes on, and is believed.
    private func clean(
        _ platform: PlatformFixture, _ retention: Retention, after days: Int = 0
    ) async throws -> RunCleaner.Done {
        let now = try await passed(days, platform)
        return try await cleaner(platform, retention).clean(now: now, sweepsAll: true)
    }

    private func passed(_ days: Int, _ platform: PlatformFixture) async throws -> Timestamp {
        let now = Timestamp.now.adding(.seconds(86_400 * days + 1))
        try await platform.store.write { try $0.clock.advance(by: .seconds(86_400 * (days + 1)), now: now) }
        return now
    }

    /// A run that has ended.
    private func ran(
        _ platform: PlatformFixture, _ name: String, branch: String = "main", file: String = Samples.single,
        prints: String? = nil, _ outcome: StepOutcome = .success
    ) async throws -> RunID {
        try await platform.push(file, branch: branch, trigger: "t\(name)", message: "m\(name)")
        let run = try #require(
            try await platform.store.read { try $0.runs.run(of: MessageID(rawValue: "t\(name)")) })
        for job in try await platform.jobs(of: run) {
            _ = try await platform.claim(job.id)
            for step in job.steps {
                if let prints { try await platform.printed(step, job, prints) }
                try await platform.finished(step, job, outcome)
            }
            try await platform.ended(job, outcome == .success ? .success : .failure)
        }
        return run
    }

    private func kept(_ platform: PlatformFixture) async throws -> [Int] {
        try await platform.runs().map(\.number).sorted()
    }

    private static let tables = [
        "runs", "runDetails", "stages", "steps", "jobs", "verdicts", "processes", "processRuns", "processUses",
    ]

    private func rows(_ platform: PlatformFixture) async throws -> [String: Int] {
        try await platform.store.store.read { database in
            var rows: [String: Int] = [:]
            for table in Self.tables { rows[table] = try database.value("SELECT COUNT(*) FROM \(table)") }
            return rows
        }
    }

    private func folders(_ platform: PlatformFixture) throws -> [RunID] {
        let folders = platform.logs.folders
        return try folders.spread().flatMap(folders.runs)
    }

    // MARK: - What goes

    @Test func `Of a run that goes nothing is left`() async throws {
        try await PlatformFixture.with { platform in
            let empty = try await rows(platform)
            let runs = try await [
                ran(platform, "1", prints: "hello", .failure), ran(platform, "2", prints: "hello", .failure),
            ]
            #expect(Set(try folders(platform)) == Set(runs))
            let done = try await clean(platform, Self.keeping { $0.days = 30 }, after: 29)
            #expect(done.runs == 0)
            let all = try await clean(platform, Self.keeping { $0.days = 30 }, after: 31)
            #expect(all.runs == 2 && all.logBytes == 10 && all.processes == 1)
            #expect(try await rows(platform) == empty)
            #expect(try folders(platform) == [])
            let audit = try await platform.store.read { try $0.audits.page(AuditQuery(), limit: 1).items.first }
            #expect(audit?.operation == "run.remove" && audit?.repository == PlatformFixture.path)
            #expect(
                audit?.before == ["runs": 2, "first": 1, "last": 2, "reason": "age", "logBytes": 10])
        }
    }

    @Test func `The last good run of each branch stays, and so does what is rolled out`() async throws {
        let deploy = """
            steps:
              - name: deploy
                deploy: {environment: production, workload: deployment/web, container: web, image: "a:1"}
            """
        try await PlatformFixture.with { platform in
            _ = try await ran(platform, "1")
            _ = try await ran(platform, "2")
            _ = try await ran(platform, "3", .failure)
            _ = try await ran(platform, "4", branch: "try")
            _ = try await ran(platform, "5", file: deploy)
            // Begun and failed: the newest of the workload, while run 5 is what it runs.
            _ = try await ran(platform, "6", file: deploy, .failure)
            _ = try await ran(platform, "7")
            _ = try await ran(platform, "8", branch: "try", .failure)
            let retention = Self.keeping { $0.days = 1 }
            #expect(try await clean(platform, retention, after: 2).runs == 4)
            #expect(try await kept(platform) == [4, 5, 6, 7])
            // A branch that is not the default one is not kept for ever.
            let done = try await clean(platform, Self.keeping { ($0.days, $0.branchDays) = (1, 30) }, after: 31)
            #expect(done.runs == 1)
            #expect(try await kept(platform) == [5, 6, 7])
        }
    }

    @Test func `A run that waits, runs or has just ended stays`() async throws {
        try await PlatformFixture.with { platform in
            _ = try await ran(platform, "1", .failure)
            try await platform.push(Samples.single, trigger: "t2", message: "m2")
            let retention = Self.keeping {
                $0.runs = 1
                $0.grace = .seconds(3_600)
            }
            #expect(try await clean(platform, retention).runs == 0)
            #expect(try await clean(platform, retention, after: 1).runs == 1)
            #expect(try await kept(platform) == [2])
        }
    }

    @Test(arguments: [-400, 400])
    func `What ran while the clock was wrong is neither old nor does it keep others`(days: Int64) async throws {
        try await PlatformFixture.with { platform in
            _ = try await passed(0, platform)
            let runs = [
                try await ran(platform, "1", .failure), try await ran(platform, "2", .failure),
                try await ran(platform, "3", .failure),
            ]
            // As the second was written with the other clock.
            _ = try await platform.store.write { transaction in
                try transaction.database.execute(
                    "UPDATE runs SET createdAt = createdAt + ?, finishedAt = finishedAt + ? WHERE id = ?",
                    [days * 86_400_000, days * 86_400_000, runs[1]])
            }
            let retention = Self.keeping { $0.days = 30 }
            #expect(try await clean(platform, retention).runs == 0)
            #expect(try await clean(platform, retention, after: 29).runs == 0)
            #expect(try await clean(platform, retention, after: 32).runs == 3)
        }
    }

    @Test func `Rules of a repository and the limit of all logs hold beside each other`() async throws {
        try await PlatformFixture.with { platform in
            for n in 1...6 { _ = try await ran(platform, "\(n)", prints: "0123456789", .failure) }
            try await platform.operations.retention.save(
                RetentionRules(runs: 4), of: PlatformFixture.path, by: platform.principal)
            let retention = Self.keeping {
                $0.runs = 1
                $0.logBytes = 30
            }
            let done = try await clean(platform, retention)
            #expect(done.runs == 3 && done.logBytes == 30)
            #expect(try await kept(platform) == [4, 5, 6])
            let view = try await platform.operations.repositories.view(PlatformFixture.path, as: platform.principal)
            #expect(view.retention == RetentionRules(runs: 4))
        }
    }

    @Test func `A process stays while a run or a component refers to it`() async throws {
        try await PlatformFixture.with { platform in
            let document: JSONValue = [["step": "compile", "commands": ["make"]]]
            let digest = try await platform.save(document, as: "web").view.digest
            let used = try await ran(platform, "1", .failure)
            _ = try await ran(platform, "2", .failure)
            let own = try #require(try await platform.reader.view(used)?.choice?.digest)
            func isKept(_ digest: String) async throws -> Bool {
                try await platform.store.read { try $0.components.process(digest) } != nil
            }
            #expect(try await clean(platform, Self.keeping { $0.runs = 1 }).runs == 1)
            #expect(try await isKept(own))
            #expect(try await clean(platform, Self.keeping { $0.days = 1 }, after: 2).processes == 1)
            let (ownIsKept, componentsIsKept) = (try await isKept(own), try await isKept(digest))
            #expect(!ownIsKept && componentsIsKept)
        }
    }

    @Test func `Parked messages go by age and by count, the oldest first`() async throws {
        try await PlatformFixture.with { platform in
            let start = Timestamp.now
            try await platform.store.write { transaction in
                for day in 0..<10 {
                    var letter = RightsScene.parked(at: start.adding(.seconds(86_400 * (day - 10) + 43_200)))
                    letter.id = MessageID(rawValue: "letter\(day)")
                    try transaction.deadLetters.add(letter)
                }
            }
            func parked() async throws -> [String] {
                try await platform.store.read { try $0.deadLetters.page(before: nil, limit: 20).items }
                    .map(\.id.rawValue)
            }
            #expect(try await clean(platform, Self.keeping { $0.parkedDays = 7 }).parked == 3)
            #expect(try await clean(platform, Self.keeping { $0.parked = 2 }).parked == 5)
            #expect(try await parked() == ["letter9", "letter8"])
        }
    }

    // MARK: - What is said of it

    @Test func `What would go is what goes`() async throws {
        try await PlatformFixture.with { platform in
            for n in 1...5 { _ = try await ran(platform, "\(n)", prints: "0123456789", .failure) }
            let retention = Self.keeping {
                $0.runs = 4
                $0.logBytes = 20
            }
            let operations = RetentionOperations(store: platform.store, retention: retention)
            _ = try await passed(0, platform)
            // Logs are measured when something goes for the first time.
            _ = try await clean(platform, Self.none)
            let view = try await operations.view(as: platform.principal)
            #expect(view.leaving.map(\.runs) == [3] && view.leaving.map(\.logBytes) == [30] && view.processes == 0)
            #expect(try await kept(platform) == [1, 2, 3, 4, 5])
            #expect(try await operations.clean(as: platform.principal) == view)
            let done = try await clean(platform, retention)
            #expect(done.runs == 3 && done.logBytes == 30 && done.processes == 0)
            let nothing = try await operations.view(as: platform.principal)
            #expect(nothing.leaving == [])
        }
    }

    @Test func `A run that is gone is said to be, to those who saw it, and none comes late in its place`() async throws
    {
        try await PlatformFixture.with { platform in
            let runs = try await [ran(platform, "1", .failure), ran(platform, "2", .failure), ran(platform, "3")]
            let page = try await platform.operations.runs.list(limit: 1, as: platform.principal)
            #expect(page.next == runs[2].rawValue)
            _ = try await clean(platform, Self.keeping { $0.runs = 2 })
            let words = "shop/web#1 is not kept any more: retention removed it at "
            func refused(_ body: () async throws -> Void) async -> String {
                do {
                    try await body()
                    return ""
                } catch {
                    return (error as? OperationError)?.problem.message ?? "\(error)"
                }
            }
            let operations = platform.operations.runs
            #expect(await refused { _ = try await operations.view(runs[0], as: platform.principal) }.hasPrefix(words))
            #expect(await refused { _ = try await platform.rerun(runs[0]) }.hasPrefix(words))
            #expect(await refused { _ = try await platform.cancel(runs[0]) }.hasPrefix(words))
            let other = try await platform.principal("other", .viewer, in: "tools/*")
            #expect(
                await refused { _ = try await operations.view(runs[0], as: other) } == "there is no run “\(runs[0])”")
            // A list that was left at it goes on.
            let next = try await operations.list(before: runs[0], limit: 9, as: platform.principal)
            #expect(next.items == [])
            _ = try await clean(platform, Self.keeping { $0.runs = 1 })
            let rest = try await operations.list(before: runs[1], limit: 9, as: platform.principal)
            #expect(rest.items == [])
            // A piece of its log comes late, and makes none either.
            let job = JobID.make()
            try await LogChunkHandler(jobs: platform.operations.jobs).handle(
                LogChunk(
                    job: job, run: runs[0], attempt: 1, step: "test", offset: 0, text: "late",
                    token: platform.token(job)), MessageContext(id: .make()))
            #expect(try !folders(platform).contains(runs[0]))
            // The push comes by another way.
            try await platform.push(Samples.single, trigger: "t1", message: "again")
            #expect(try await kept(platform) == [3])
            // Until nothing can come any more.
            _ = try await clean(platform, Self.none, after: 15)
            let left: Int? = try await platform.store.store.read { try $0.value("SELECT COUNT(*) FROM removals") }
            #expect(left == 0)
        }
    }

    // MARK: - Whatever happens

    @Test func `What a service that was killed in between left goes with the next one`() async throws {
        try await PlatformFixture.with { platform in
            let empty = try await rows(platform)
            let first = try await ran(platform, "1", prints: "hello", .failure)
            let second = try await ran(platform, "2", prints: "hello", .failure)
            // After its first transaction, and after its last one but before the files were gone.
            try await platform.store.write { transaction in
                for run in [first, second] { _ = try transaction.removals.add(run, now: transaction.now) }
            }
            while try await platform.store.write({ try $0.removals.purge(limit: 1).runs.isEmpty }) {}
            #expect(try folders(platform).count == 2)
            let done = try await clean(platform, Self.none)
            #expect(done.runs == 0)
            #expect(try folders(platform) == [])
            #expect(try await rows(platform) == empty)
        }
    }

    @Test func `One process does it at a time, and another goes on when that one has ended`() async throws {
        try await PlatformFixture.with { platform in
            _ = try await ran(platform, "1", .failure)
            _ = try await ran(platform, "2", .failure)
            let retention = Self.keeping { $0.runs = 1 }
            let until = Timestamp.now.adding(.seconds(60))
            let isTaken = try await platform.store.write {
                try $0.retention.take(Retention.duty, by: "other", for: .seconds(60), now: $0.now)
            }
            #expect(isTaken)
            await #expect(throws: RunCleaner.Taken.self) { try await clean(platform, retention) }
            #expect(try await kept(platform) == [1, 2])
            let again = try await platform.store.write(now: until.adding(.seconds(1))) {
                try $0.retention.take(Retention.duty, by: "third", for: .zero, now: $0.now)
            }
            #expect(again)
            try await platform.store.write { try $0.retention.release(Retention.duty, by: "third") }
            #expect(try await clean(platform, retention).runs == 1)
        }
    }

    @Test func `Logs that came late of a run that is gone go, and another database's do not`() async throws {
        try await PlatformFixture.with { platform in
            let run = try await ran(platform, "1", prints: "hello")
            let lost = LogStreamID(run: .make(), step: 1, attempt: 1)
            _ = try await platform.logs.append(Array("late".utf8), to: lost, at: 0)
            #expect(try await clean(platform, Self.none).folders == 1)
            #expect(try folders(platform) == [run])
            // Somebody names another database beside these logs.
            _ = try await platform.logs.append(Array("late".utf8), to: lost, at: 0)
            _ = try await platform.store.write { try $0.database.execute("DELETE FROM marks") }
            #expect(try await clean(platform, Self.none).folders == 0)
            #expect(try folders(platform).count == 2)
        }
    }

    @Test func `2,000 runs of which 50 are kept take the room of some 150`() async throws {
        try await PlatformFixture.with { platform in
            let retention = Self.keeping { $0.runs = 50 }
            var counts: [[String: Int]] = []
            var pages: [Int] = []
            for round in 0..<20 {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for n in 0..<100 {
                        group.addTask { _ = try await ran(platform, "\(round).\(n)", prints: "hello\n") }
                    }
                    try await group.waitForAll()
                }
                // What else grows has an end of its own: what is sent, the ids of messages, the audit log.
                try await platform.store.store.write { database in
                    for table in ["outbox", "inbox", "audit"] { try database.execute("DELETE FROM \(table)") }
                    try database.execute("DELETE FROM removals WHERE isPurged = 1")
                }
                let done = try await clean(platform, retention)
                #expect(done.runs == (round == 0 ? 50 : 100))
                counts.append(try await rows(platform))
                #expect(try folders(platform).count == 50)
                if let space = try await platform.store.store.space() {
                    #expect(space.isIncremental)
                    pages.append(space.pages)
                }
            }
            #expect(Set(counts) == [counts[0]], "\(counts)")
            #expect(counts[0]["runs"] == 50 && counts[0]["processes"] == 1)
            // Free pages are used again before the file grows.
            guard let first = pages.dropFirst().first, let last = pages.last else { return }
            #expect(last <= first + first / 4, "\(pages)")
        }
    }
}

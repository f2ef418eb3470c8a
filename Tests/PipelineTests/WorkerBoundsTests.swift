import Contracts
import Messaging
import Storage
import Testing

@testable import Pipeline

/// What a worker may have the platform keep: whatever it sends, no more than a job has.
@Suite struct WorkerBoundsTests {
    /// A job that a worker has, of steps called `one` and `two`.
    private func withJob(
        _ quotas: Quotas = Quotas(), _ body: (PlatformFixture, Job) async throws -> Void
    ) async throws {
        try await PlatformFixture.with(quotas: quotas) { platform in
            try await platform.push(
                """
                steps:
                  - {name: one, image: alpine, commands: ["true"]}
                  - {name: two, image: alpine, commands: ["true"]}
                """)
            let run = try #require(try await platform.runs().first)
            let job = try #require(try await platform.jobs(of: run.id).first)
            #expect(try await platform.claim(job.id).isGranted)
            try await body(platform, job)
        }
    }

    private func size(_ platform: PlatformFixture, _ job: Job) async -> Int64 {
        await platform.reader.logs.size(LogStreamID(run: job.run, step: 1, attempt: 1))
    }

    @Test func `A log is no longer than its limit, whatever a worker sends`() async throws {
        try await withJob(Quotas(logBytes: 10)) { platform, job in
            let piece = String(repeating: "x", count: 1 << 20)
            let pieces = Quotas.logSlack >> 20
            for number in 0...pieces + 2 { try await platform.printed("one", job, at: number << 20, piece) }
            // The last one taken begins within the limit.
            #expect(await size(platform, job) == (pieces + 1) << 20)
            await #expect(throws: MessageFailure.self) {
                try await platform.printed("two", job, at: 0, piece + "x")
            }
            // Nobody waits for what is not kept.
            let report = StepReport(step: "one", outcome: .success, exitCode: 0, logBytes: .max)
            try await platform.ended(job, steps: [report, StepReport(step: "two", outcome: .success, logBytes: -1)])
            let steps = try await platform.store.read { try $0.runs.steps(of: job.run) }
            #expect(steps.map(\.logBytes) == [10 + Quotas.logSlack, 0])
            var follower = platform.reader.follow(job.run)
            _ = try await follower.next()
            #expect(follower.isComplete)
        }
    }

    @Test func `Of a job that ended long ago no log is taken`() async throws {
        try await withJob { platform, job in
            func print(_ offset: Int64, hours: Int) async throws {
                try await platform.operations.jobs.intake.add(
                    LogChunk(job: job.id, run: job.run, attempt: 1, step: "one", offset: offset, text: "line\n"),
                    now: .now.adding(.seconds(hours * 3_600)))
            }
            // It may take its time.
            try await print(0, hours: 48)
            #expect(await size(platform, job) == 5)
            try await platform.ended(job)
            try await print(5, hours: 72)
            #expect(await size(platform, job) == 5)
            // What its worker could not send before.
            try await print(5, hours: 23)
            #expect(await size(platform, job) == 10)
        }
    }

    @Test func `Moments that are not of the piece, or out of order, are not kept`() async throws {
        try await withJob { platform, job in
            func moment(_ offset: Int64) -> LogTime { LogTime(offset: offset, at: Timestamp(milliseconds: offset)) }
            try await platform.operations.jobs.intake.add(
                LogChunk(
                    job: job.id, run: job.run, attempt: 1, step: "one", offset: 0, text: "line\n",
                    times: [-1, 0, 0, 3, 2, 3, 4, 5, .max].map(moment)))
            let stream = LogStreamID(run: job.run, step: 1, attempt: 1)
            #expect(try await platform.reader.logs.times(stream, from: 0).times == [0, 3, 4].map(moment))
        }
    }

    @Test func `Reasons are cut, and names of secrets count as outputs do`() async throws {
        try await withJob(Quotas(outputBytes: 100)) { platform, job in
            let long = String(repeating: "é", count: 20_000)
            try await platform.heartbeat(job, stuck: long)
            try await platform.finished("one", job, dropped: ["a": String(long.prefix(60))])
            try await platform.ended(
                job, .failure, reason: long, steps: [StepReport(step: "two", outcome: .failure, reason: long)])
            let kept = try #require(try await platform.store.read { try $0.jobs.find(job.id) })
            #expect(kept.stuck?.utf8.count == 16 << 10 && kept.lease.reason?.utf8.count == 16 << 10)
            let steps = try await platform.store.read { try $0.runs.steps(of: job.run) }
            #expect(steps[0].dropped.isEmpty && steps[0].reason?.contains("more than 100 bytes") == true)
            #expect(steps[1].reason?.utf8.count == 16 << 10)
        }
    }

    @Test func `However many reports it sends, no more are noted than there are steps`() async throws {
        try await withJob { platform, job in
            func noted() async throws -> Int {
                try await platform.store.read { try $0.database.value("SELECT COUNT(*) FROM inbox") ?? 0 }
            }
            let before = try await noted()
            for step in ["one", "one", "two", "three", ""] { try await platform.started(step, job) }
            for step in ["one", "one", "four"] { try await platform.finished(step, job) }
            #expect(try await noted() == before + 3)
            for _ in 1...3 { try await platform.ended(job) }
            #expect(try await noted() == before + 4)
        }
    }

    @Test func `Workers of one queue are remembered up to a limit, those heard of last`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.announce("other", WorkerScope(pool: "gpu"))
            try await platform.store.write { transaction in
                for number in 1...WorkerStore.limit + 5 {
                    try transaction.workers.save(
                        Worker(
                            name: "w\(number)", life: "1", scope: WorkerScope(), slots: 1, version: "1",
                            since: transaction.now, heardAt: transaction.now.adding(.seconds(number - 10_000))))
                }
            }
            try await platform.announce("honest")
            let names = Set(try await platform.operations.workers.list(as: platform.principal).map(\.name))
            #expect(names.count == WorkerStore.limit + 1)
            #expect(names.isSuperset(of: ["honest", "other", "w\(WorkerStore.limit + 5)"]) && !names.contains("w6"))
            let long = String(repeating: "x", count: 256)
            await #expect(throws: MessageFailure.self) { try await platform.announce(long) }
            await #expect(throws: MessageFailure.self) {
                try await platform.announce("w", WorkerScope(labels: (1...600).map(String.init)))
            }
            await #expect(throws: Problem.self) { try await platform.ask(worker: long) }
        }
    }

    @Test func `Parked messages of one sender are kept up to a limit, and those of others beside them`() async throws {
        try await PlatformFixture.with { platform in
            @Sendable func letter(_ id: String, of sender: String?, _ body: String = "{}") -> DeadLetter {
                DeadLetter(
                    id: .init(rawValue: id), queue: "slipway.pipeline", type: "JobFinished", version: 1, run: nil,
                    contentType: "application/json", reason: "r", body: body, parkedAt: .now, sender: sender)
            }
            try await platform.store.write { transaction in
                for number in 1...DeadLetter.limit.count {
                    try transaction.deadLetters.add(letter("m\(number)", of: "slipway-builder-default"))
                }
            }
            let letters = platform.operations.deadLetters
            func park(_ id: String, of sender: String?, _ body: String = "{}") async throws -> String? {
                try await letters.park(letter(id, of: sender, body), as: .otherStage)
            }
            #expect(try await park("n1", of: "slipway-builder-default")?.hasPrefix("10000 messages") == true)
            #expect(try await park("m1", of: "slipway-builder-default") == nil, "it is there already")
            #expect(try await park("n2", of: "slipway-sync") == nil)
            #expect(try await park("n3", of: nil) == nil)
            try await letters.remove(.init(rawValue: "m7"), as: platform.principal)
            #expect(try await park("n4", of: "slipway-builder-default") == nil)
            let large = String(repeating: "x", count: DeadLetter.limit.bytes)
            #expect(try await park("n5", of: "slipway-sync", large) != nil)
            #expect(
                try await letters.list(limit: 3, as: platform.principal).items.map(\.id.rawValue) == ["n4", "n3", "n2"])
        }
    }
}

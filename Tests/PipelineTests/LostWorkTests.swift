import Contracts
import Messaging
import Storage
import TestSupport
import Testing

@testable import Pipeline

/// What is waited for and was lost on its way is asked for again, and nothing waits for ever.
@Suite struct LostWorkTests {
    @Test func `A source that sync does not tell of is asked for again, each time after twice as long`() async throws {
        try await PlatformFixture.with { platform in
            let run = try await platform.operations.runs.start(
                RunRequest(repository: PlatformFixture.path, ref: "main"), as: platform.principal)
            func asked() async throws -> Int {
                try await platform.sentWork().count { $0.hasPrefix("SyncRequested") }
            }
            #expect(try await asked() == 1)
            let later = Timestamp.now.adding(.seconds(180))
            // A run that has just begun is not asked for.
            try await platform.engine.askForLostSources()
            #expect(try await asked() == 1)
            try await platform.engine.askForLostSources(now: later)
            #expect(try await asked() == 2)
            try await platform.engine.askForLostSources(now: later)
            #expect(try await asked() == 2)
            let triggers = try await platform.store.read { tables in
                try platform.store.outbox.rows(in: tables.database).map(\.message)
            }
            #expect(triggers.count == 2)
            try await platform.push(Samples.single, run: run.summary.id)
            try await platform.engine.askForLostSources(now: later.adding(.seconds(86_400)))
            #expect(try await asked() == 2)
        }
    }

    @Test func `It is asked for less and less often, and what is no more waited for is forgotten`() {
        let pauses = SourcePauses()
        let start = ContinuousClock.now
        let (one, two) = (RunID(rawValue: "1"), RunID(rawValue: "2"))
        func due(_ runs: [RunID], _ minutes: Int) -> Set<RunID> {
            pauses.due(runs, at: start.advanced(by: .seconds(60 * minutes)))
        }
        #expect(due([one, two], 0) == [one, two])
        #expect(due([one, two], 1) == [])
        #expect(due([one], 2) == [one])
        #expect(due([one, two], 3) == [two])
        #expect(due([one, two], 5) == [two])
        #expect(due([one, two], 6) == [one])
    }

    @Test func `A job that no worker takes fails after as long as one may wait, and says what it waited for`()
        async throws
    {
        try await PlatformFixture.with { platform in
            try await platform.push(Samples.single)
            let run = try #require(try await platform.runs().first)
            let job = try #require(try await platform.jobs(of: run.id).first)
            let later = Timestamp.now.adding(.seconds(25 * 3600))
            // As the service does at its start. A clock that leaps fails nothing.
            try await platform.store.write { try $0.clock.advance(by: .zero, now: .now) }
            try await platform.engine.endLongWaits(now: later)
            #expect(try await platform.runs().first?.state == .pending)
            try await platform.store.write { transaction in
                for _ in 0..<7 { try transaction.clock.advance(by: .seconds(4 * 3600), now: later) }
            }
            // What a worker has waits no more.
            _ = try await platform.claim(job.id)
            try await platform.engine.endLongWaits(now: later)
            #expect(try await platform.runs().first?.state == .running)
            try await platform.ended(job, .released, reason: "the disk is full")
            try await platform.engine.endLongWaits(now: Timestamp.now)
            #expect(try await platform.runs().first?.state != .failure)
            try await platform.engine.endLongWaits(now: later)
            let over = try #require(try await platform.runs().first)
            #expect(over.state == .failure)
            let view = try #require(try await platform.reader.view(over.id))
            let reason = try #require(view.stages.first?.steps.first?.reason)
            #expect(
                reason
                    == "no builder of slipway.build.default took it within 24 h, which is as long as a job may wait "
                    + "(SLIPWAY_QUEUE_HOURS of pipeline); w1 gave it back: the disk is full")
        }
    }
}

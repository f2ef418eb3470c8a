import Contracts
import Logging
import Messaging
import Storage
import Synchronization
import TestSupport
import Testing

@testable import Pipeline

/// Leases and limits count the time in which workers could be heard, whatever the clock says.
@Suite struct HeardTimeTests {
    /// A platform with a run whose one job a worker has.
    private func withClaimedJob(_ body: (PlatformFixture, Job) async throws -> Void) async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(Samples.single)
            let run = try #require(try await platform.runs().first)
            let job = try #require(try await platform.jobs(of: run.id).first)
            _ = try await platform.claim(job.id)
            try await body(platform, job)
        }
    }

    private func beat(_ platform: PlatformFixture, _ sender: String, at seconds: Int, isFirst: Bool = false)
        async throws
    {
        try await PlatformBeatHandler(jobs: platform.operations.jobs).handle(
            PlatformBeat(sender: sender, at: Int64(seconds) * 1000, isFirst: isFirst), MessageContext(id: .make()))
    }

    private func attempt(_ platform: PlatformFixture, _ job: Job) async throws -> Int? {
        try await platform.store.read { try $0.jobs.find(job.id)?.lease.attempt }
    }

    private func until(_ platform: PlatformFixture, _ job: Job) async throws -> HeardTime {
        try #require(try await platform.store.read { try $0.jobs.find(job.id)?.lease.until })
    }

    @Test func `A silent worker keeps its job for lease and hold of heard time`() async throws {
        try await withClaimedJob { platform, job in
            let terms = platform.engine.configuration.terms
            try await platform.pass(terms.lease + terms.hold)
            #expect(try await attempt(platform, job) == 1)
            try await platform.heartbeat(job)
            try await platform.pass(terms.lease + terms.hold)
            #expect(try await attempt(platform, job) == 1)
            try await platform.pass(terms.delay)
            #expect(try await attempt(platform, job) == 2)
        }
    }

    /// What a worker counts for itself, from before its last confirmed sign of life, ends before what the platform counts.
    @Test(arguments: [(30, 120), (2, 0), (3, 2), (30, 0), (3600, 86_400)])
    func `A worker has stopped before its job is given to another`(lease: Int, hold: Int) {
        let terms = LeaseTerms(lease: .seconds(lease), hold: .seconds(hold))
        #expect(terms.length - terms.delay >= terms.lease + terms.hold)
        #expect(terms.beat + terms.patience <= terms.lease)
    }

    @Test func `A run that cannot be read keeps no other's lease from ending`() async throws {
        try await withClaimedJob { platform, job in
            try await platform.push(Samples.single, trigger: "t2", message: "m2")
            let other = try #require(try await platform.runs().first { $0.id != job.run })
            let second = try #require(try await platform.jobs(of: other.id).first)
            _ = try await platform.claim(second.id)
            _ = try await platform.store.write {
                try $0.database.execute("UPDATE runDetails SET progress = '{}' WHERE run = ?", [job.run])
            }
            // Nor does the copy that is kept in memory tell anything else.
            platform.engine.plans.forget(job.run)
            try await platform.pass()
            #expect(try await platform.store.read { try $0.jobs.find(job.id)?.lease.state } == .finished)
            #expect(try await attempt(platform, second) == 2)
        }
    }

    @Test func `While nothing arrives leases stand still, and they are whole when something does`() async throws {
        try await withClaimedJob { platform, job in
            try await beat(platform, "p1", at: 1)
            let length = platform.engine.configuration.terms.length
            // Almost over, and then the broker is away for an hour.
            var now = 1
            for _ in 0..<Int((length - .seconds(10)) / .seconds(5)) {
                now += 5
                try await beat(platform, "p1", at: now)
            }
            let before = try await until(platform, job)
            try await beat(platform, "p1", at: now + 3600)
            let after = try await until(platform, job)
            #expect(before < after)
            #expect(try await platform.store.read { try $0.heardTime.now() }.adding(length) == after)
            #expect(try await attempt(platform, job) == 1)
        }
    }

    /// Nor does the service's own absence, or a store that is away, cost anybody a job.
    @Test func `The first beat of a life makes leases whole, and what comes late or twice counts once`() async throws {
        try await withClaimedJob { platform, job in
            func now() async throws -> HeardTime { try await platform.store.read { try $0.heardTime.now() } }
            try await beat(platform, "p0", at: 1)
            let start = try await now()
            try await beat(platform, "p1", at: 100)
            try await beat(platform, "p1", at: 105)
            try await beat(platform, "p1", at: 105)
            try await beat(platform, "p1", at: 103)
            #expect(try await now() == start.adding(.seconds(5)))
            let before = try await until(platform, job)
            try await beat(platform, "p2", at: 9)
            #expect(try await now() == start.adding(.seconds(5)))
            #expect(try await until(platform, job) == before.adding(.seconds(5)))
            try await beat(platform, "p2", at: 14, isFirst: true)
            #expect(try await until(platform, job) == before.adding(.seconds(10)))
            // Whoever makes beats up has nothing end at once.
            try await beat(platform, "p2", at: Int(Int64.max / 1000))
            #expect(try await attempt(platform, job) == 1)
            try await beat(platform, "p3", at: Int(Int64.min / 1000))
            try await beat(platform, "p3", at: Int(Int64.max / 1000))
            #expect(try await attempt(platform, job) == 1)
        }
    }

    @Test func `A clock that is set has no lease end and no limit pass`() async throws {
        try await withClaimedJob { platform, job in
            for hours in [-1, 1, 100] {
                try await platform.store.write(now: Timestamp.now.adding(.seconds(hours * 3600))) { transaction in
                    let sent = try transaction.database.value("SELECT sentAt FROM heardTime") as Int64? ?? 0
                    try platform.engine.beat(PlatformBeat(sender: "p1", at: sent + 1000), in: transaction)
                }
            }
            #expect(try await attempt(platform, job) == 1)
        }
    }

    /// Where a clock is set back a worker that is gone is not taken to be there for as long.
    @Test func `A worker that was heard of in the future is not there`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.announce("b1")
            let worker = try #require(
                try await platform.store.read { try $0.workers.find("b1", of: WorkerScope().queue) })
            #expect(worker.isHeard(at: worker.heardAt) && worker.isHeard(at: worker.heardAt.adding(.seconds(60))))
            let back = worker.heardAt.adding(.seconds(-3600))
            #expect(!worker.isHeard(at: back))
            #expect(try await platform.store.read { try $0.workers.scopes(at: back) } == [])
            #expect(try await platform.store.read { try $0.workers.heard(at: back) } == [])
        }
    }

    /// The service beats while something counts by it, and not otherwise.
    @Test(.timeLimit(.minutes(1)))
    func `The pulse begins with a lease, outlives what it cannot send, and ends with it`()
        async throws
    {
        try await PlatformFixture.with(terms: LeaseTerms(lease: .seconds(2), hold: .zero)) { platform in
            let sent = Mutex<[PlatformBeat]>([])
            let isAway = Mutex(false)
            let pulse = PlatformPulse(
                engine: platform.engine,
                send: { beat, _ in
                    guard !isAway.withLock({ $0 }) else { throw StoreError(.unavailable, "away") }
                    sent.withLock { $0.append(beat) }
                    try await PlatformBeatHandler(jobs: platform.operations.jobs).handle(
                        beat, MessageContext(id: .make()))
                }, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await pulse.run() }
                try await platform.push(Samples.single)
                let run = try #require(try await platform.runs().first)
                let job = try #require(try await platform.jobs(of: run.id).first)
                #expect(sent.withLock { $0.isEmpty })
                isAway.withLock { $0 = true }
                _ = try await platform.claim(job.id)
                try await Task.sleep(for: .seconds(1))
                isAway.withLock { $0 = false }
                try await eventually("it beats") { sent.withLock { $0.count } > 2 }
                #expect(sent.withLock { $0.map(\.isFirst).prefix(3) } == [true, false, false])
                try await eventually("the silent worker loses its job") { try await attempt(platform, job) == 2 }
                let count = sent.withLock { $0.count }
                try await Task.sleep(for: .seconds(1))
                #expect(sent.withLock { $0.count } <= count + 1)
                // Nor does the time count in which nothing did.
                _ = try await platform.claim(job.id, attempt: 2)
                try await eventually("it beats again") { sent.withLock { $0.count } > count + 2 }
                let (last, next) = sent.withLock { ($0[count - 1], $0[count + 1]) }
                #expect(next.at - last.at < 1000)
                group.cancelAll()
                try await group.waitForAll()
            }
        }
    }
}

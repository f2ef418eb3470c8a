import Contracts
import Logging
import Storage
import TestSupport
import Testing

@testable import Pipeline

/// The timer of leases, while what it looks at is away.
@Suite struct LeaseTimerTests {
    /// A platform with a run whose one job a worker has.
    private func withClaimedJob(_ body: (PlatformFixture, RunID) async throws -> Void) async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(Samples.single)
            let run = try #require(try await platform.runs().first)
            let job = try #require(try await platform.jobs(of: run.id).first)
            _ = try await platform.claim(job.id)
            try await body(platform, run.id)
        }
    }

    @Test(.timeLimit(.minutes(1))) func `It outlives a store that is away, and gives workers a whole lease after that`()
        async throws
    {
        try await withClaimedJob { platform, run in
            try await platform.store.write { transaction in
                try transaction.database.execute("UPDATE jobs SET leaseUntil = 1")
                try transaction.database.run(script: "ALTER TABLE jobs RENAME TO away")
            }
            let timer = LeaseTimer(engine: platform.engine, isConnected: { true }, logger: Logger(label: "test"))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await timer.run() }
                try await Task.sleep(for: .seconds(1))
                try await platform.store.write { transaction in
                    try transaction.database.run(script: "ALTER TABLE away RENAME TO jobs")
                }
                try await eventually("the lease is a whole one") {
                    let lease = try await platform.jobs(of: run).first?.lease
                    return (lease?.until ?? .now) > .now.adding(.seconds(20)) && lease?.attempt == 1
                }
                group.cancelAll()
                try await group.waitForAll()
            }
        }
    }

    /// What the worker said meanwhile is still to be handled.
    @Test(.timeLimit(.minutes(1))) func `A lease that ran out while the store was away is renewed, the next one ends`()
        async throws
    {
        try await withClaimedJob { platform, run in
            let timer = LeaseTimer(engine: platform.engine, isConnected: { true }, logger: Logger(label: "test"))
            func runOut() async throws {
                _ = try await platform.store.write { try $0.database.execute("UPDATE jobs SET leaseUntil = 1") }
                platform.engine.deadlines.wake()
            }
            func lease() async throws -> JobLease? { try await platform.jobs(of: run).first?.lease }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await timer.run() }
                try await eventually("the timer looks at it") { (try await lease()?.until ?? .now) > .now }
                await #expect(throws: StoreError.self) {
                    try await platform.store.write { _ in throw StoreError(.unavailable, "away") }
                }
                try await runOut()
                try await eventually("it is renewed") { (try await lease()?.until ?? .now) > .now }
                #expect(try await lease()?.attempt == 1)
                try await Task.sleep(for: .seconds(1))
                try await runOut()
                try await eventually("it ends") { try await lease()?.attempt == 2 }
                group.cancelAll()
                try await group.waitForAll()
            }
        }
    }
}

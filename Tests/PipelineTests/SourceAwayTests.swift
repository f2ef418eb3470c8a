import Contracts
import FoundationEssentials
import Messaging
import Storage
import Testing

@testable import Pipeline

/// A job whose source cannot be fetched any more from where it was.
@Suite struct SourceAwayTests {
    private func withGrantedJob(
        _ file: String = Samples.single, _ body: (PlatformFixture, RunID, Job, JobGrant) async throws -> Void
    ) async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(file)
            let run = try #require(try await platform.runs().first)
            let job = try #require(try await platform.jobs(of: run.id).first)
            guard case .granted(let grant) = try await platform.claim(job.id) else {
                Issue.record("the job is not granted")
                return
            }
            try await body(platform, run.id, job, grant)
        }
    }

    private func asked(_ platform: PlatformFixture) async throws -> [Trigger] {
        try await platform.sent().filter { $0.type == SyncRequested.type }.map {
            try Wire.decode(SyncRequested.self, from: Data($0.body.utf8)).trigger
        }
    }

    private func answer(_ platform: PlatformFixture, _ trigger: Trigger, at url: String) async throws {
        try await SourceSyncedHandler(sources: platform.operations.sources).handle(
            SourceSynced(
                trigger: trigger, commit: PlatformFixture.commit, changes: .init(paths: [], complete: false),
                pipelineFile: nil, mirrorURL: url),
            MessageContext(id: MessageID(rawValue: "\(trigger.id)/synced")))
    }

    @Test func `It waits until a living sync has said where the source is, and goes on there`() async throws {
        try await withGrantedJob { platform, run, job, grant in
            #expect(grant.source?.url == "http://sync.example/shop/web.git")
            try await platform.ended(job, .released, reason: "connection refused", handBack: .source)
            let trigger = try #require(try await asked(platform).first)
            #expect(trigger.run == run && trigger.commit == PlatformFixture.commit.sha && trigger.id.rawValue != "t1")
            // No worker has it meanwhile, and it says why.
            guard case .refused = try await platform.ask() else {
                Issue.record("it is granted without a source")
                return
            }
            let view = try #require(try await platform.reader.view(run))
            let words = "waits for its source, which is fetched again: connection refused"
            #expect(view.stages[0].steps[0].reason == words && view.stages[0].steps[0].state == .pending)
            try await platform.operations.sources.delayed(
                SyncDelayed(trigger: trigger, reason: "the server is away"), id: MessageID(rawValue: "d"),
                as: .otherStage)
            #expect(
                try await platform.reader.view(run)?.stages[0].steps[0].reason?.hasSuffix("the server is away") == true)
            try await answer(platform, trigger, at: "http://another.example/shop/web.git")
            guard case .granted(let again) = try await platform.ask(worker: "w2") else {
                Issue.record("it is not granted again")
                return
            }
            #expect(again.job == job.id && again.attempt == 2)
            #expect(again.source?.url == "http://another.example/shop/web.git")
            // The first push's own answer once more changes nothing.
            try await platform.push(Samples.single, message: "again")
            #expect(try await platform.runs().count == 1)
        }
    }

    @Test func `Where the commit is gone it fails with the reason`() async throws {
        try await withGrantedJob { platform, run, job, _ in
            try await platform.ended(job, .released, reason: "connection refused", handBack: .source)
            let trigger = try #require(try await asked(platform).first)
            try await platform.operations.sources.failed(
                SyncFailed(trigger: trigger, code: .refNotFound, reason: "the commit is gone"),
                id: MessageID(rawValue: "f"), as: .otherStage)
            let view = try #require(try await platform.reader.view(run))
            #expect(view.summary.state == .failure)
            #expect("\(view)".contains("the source was away, and cannot be fetched again: the commit is gone"))
        }
    }

    @Test func `A job that changes a workload waits like any other, and others of it go first`() async throws {
        let file = """
            kind: pipeline
            type: exec
            name: main
            steps:
            - name: deploy
              commands: [make deploy]
            """
        try await withGrantedJob(file) { platform, run, job, _ in
            #expect(try await platform.jobs(of: run).first?.workload != nil)
            try await platform.ended(job, .released, reason: "connection refused", handBack: .source)
            guard case .refused = try await platform.ask() else {
                Issue.record("it is granted without a source, and burns its attempts")
                return
            }
            let trigger = try #require(try await asked(platform).last)
            try await answer(platform, trigger, at: "http://another.example/shop/web.git")
            guard case .granted(let again) = try await platform.ask(worker: "w2") else {
                Issue.record("it is not granted again")
                return
            }
            #expect(again.job == job.id && again.attempt == 2)
        }
    }

    @Test func `A registry that cannot be reached is waited for, each time for twice as long, and not for ever`()
        async throws
    {
        try await withGrantedJob { platform, run, job, _ in
            var now = Timestamp.now
            for attempt in 1...ActiveRun.registryAttempts {
                let before = Timestamp.now
                try await platform.ended(
                    job, .released, attempt: attempt, reason: "registry.example: connection refused",
                    handBack: .registry)
                guard attempt < ActiveRun.registryAttempts else { break }
                let view = try #require(try await platform.reader.view(run))
                let words = "waits for a registry, which cannot be reached: registry.example: connection refused"
                #expect(view.stages[0].steps[0].reason == words && view.stages[0].steps[0].state == .pending)
                guard case .refused = try await platform.ask() else {
                    Issue.record("it is granted at once")
                    return
                }
                let opensAt = try #require(try await platform.jobs(of: run).first?.opensAt)
                let pause = Duration.milliseconds(min(5_000 << Int64(attempt - 1), 120_000))
                #expect(before.adding(pause) <= opensAt && opensAt <= Timestamp.now.adding(pause))
                // Of sync it waits for nothing.
                #expect(try await asked(platform).isEmpty)
                now = max(now, opensAt)
                try await platform.engine.expire(now: now)
                guard case .granted(let again) = try await platform.ask(), again.attempt == attempt + 1 else {
                    Issue.record("attempt \(attempt + 1) is not granted")
                    return
                }
            }
            let view = try #require(try await platform.reader.view(run))
            #expect(view.summary.state == .failure && "\(view)".contains("it was tried 8 times"), "\(view)")
        }
    }

    @Test func `A clock that is set back does not prolong what was handed back`() async throws {
        try await withGrantedJob { platform, run, job, _ in
            try await platform.ended(job, .released, reason: "away", handBack: .registry)
            // As it was written while the clock was a day ahead.
            try await platform.store.write { transaction in
                _ = try transaction.database.execute("UPDATE jobs SET opensAt = opensAt + 86400000")
            }
            let next = try #require(try await platform.engine.nextDeadline())
            #expect(next <= .now)
            try await platform.engine.expire()
            guard case .granted = try await platform.ask() else {
                Issue.record("it waits for a day")
                return
            }
        }
    }

    @Test func `Of a repository that is gone nothing is asked`() async throws {
        try await withGrantedJob { platform, run, job, _ in
            try await platform.store.write { try $0.repositories.remove(PlatformFixture.path) }
            try await platform.ended(job, .released, handBack: .source)
            #expect(try await asked(platform) == [])
            let view = try #require(try await platform.reader.view(run))
            #expect(view.summary.state == .failure && "\(view)".contains("is not registered any more"))
        }
    }

    @Test func `It is asked for again where no answer comes, and can be cancelled meanwhile`() async throws {
        try await withGrantedJob { platform, run, job, _ in
            try await platform.ended(job, .released, handBack: .source)
            try await platform.engine.expire(now: .now.adding(.seconds(300)))
            #expect(try await asked(platform).count == 1)
            try await platform.engine.expire(now: .now.adding(.seconds(601)))
            let triggers = try await asked(platform)
            #expect(Set(triggers.map(\.id)).count == 2)
            #expect(try await platform.jobs(of: run).first?.lease.state == .waiting)
            #expect(try await platform.cancel(run).summary.state == .cancelled)
            try await answer(platform, triggers[1], at: "http://another.example/shop/web.git")
            #expect(try await platform.jobs(of: run).first?.lease.state == .cancelled)
        }
    }

    @Test func `A way that stays broken ends it`() async throws {
        try await withGrantedJob { platform, run, job, _ in
            for attempt in 1...ActiveRun.sourceAttempts {
                try await platform.ended(
                    job, .released, attempt: attempt, reason: "connection refused", handBack: .source)
                guard attempt < ActiveRun.sourceAttempts else { break }
                try await answer(platform, try #require(try await asked(platform).last), at: "http://x.example/a.git")
                guard case .granted(let grant) = try await platform.ask(), grant.attempt == attempt + 1 else {
                    Issue.record("attempt \(attempt + 1) is not granted")
                    return
                }
            }
            let view = try #require(try await platform.reader.view(run))
            #expect(view.summary.state == .failure && "\(view)".contains("SLIPWAY_MIRROR_URL"))
        }
    }
}

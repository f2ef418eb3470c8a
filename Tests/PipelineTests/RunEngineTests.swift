import Contracts
import FoundationEssentials
import Messaging
import Storage
import Testing

@testable import Pipeline

@Suite struct RunEngineTests {
    @Test func `A push becomes a run whose first job waits for a builder`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(Samples.delivery)
            let run = try #require(try await platform.runs().first)
            #expect(run.number == 1)
            #expect(run.state == .pending)
            let work = try await platform.sentWork()
            #expect(work == ["BuildRequested → slipway.build.default"])
            let events = try await platform.sentEvents()
            #expect(events == ["dev.cdevents.pipelinerun.queued", "dev.cdevents.build.queued"])
            let view = try #require(try await platform.reader.view(run.id))
            #expect(view.choice?.source == .file)
            #expect(view.stages.first?.steps.map(\.kind) == ["commands", "build", "deploy"])
            #expect(view.summary.reason == "no builder serves default; there are none")
            #expect(view.stages.first?.steps.last?.reason == "waits for earlier steps")
        }
    }

    @Test func `A run goes its whole way: outputs reach the rollout, events tell each turn once`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(Samples.delivery)
            let run = try #require(try await platform.runs().first)
            let build = try #require(try await platform.jobs(of: run.id).first)
            guard case .granted(let grant) = try await platform.claim(build.id) else {
                Issue.record("the job was not granted")
                return
            }
            #expect(grant.steps == ["compile", "image"])
            #expect(grant.source?.url == "http://sync.example/shop/web.git")
            #expect(grant.environment["DRONE_COMMIT_SHA"] == PlatformFixture.commit.sha)
            for (name, value) in [
                "DRONE_STAGE_NUMBER": "1", "DRONE_BUILD_PARENT": "0", "DRONE_SYSTEM_VERSION": "0.1.0",
                "DRONE_REPO_BRANCH": "main", "CI_DEFAULT_BRANCH": "main",
            ] { #expect(grant.environment[name] == value, "\(name)") }
            #expect(grant.environment["DRONE_BUILD_STARTED"] != nil && grant.environment["DRONE_STAGE_STARTED"] != nil)
            #expect(grant.failedStages == [] && grant.parameters == [:])
            try await platform.started("compile", build)
            try await platform.finished("compile", build, dropped: ["key": "the secret “npm”"])
            try await platform.started("image", build)
            try await platform.finished("image", build, outputs: ["reference": "registry.example/app@sha256:1"])
            try await platform.ended(build)

            let jobs = try await platform.jobs(of: run.id)
            #expect(jobs.count == 2)
            let rollout = try #require(jobs.last)
            #expect(rollout.kind == .rollout)
            #expect(rollout.workload == "default/default/deployment/web")
            guard case .granted(let order) = try await platform.claim(rollout.id, worker: "d1") else {
                Issue.record("the rollout was not granted")
                return
            }
            #expect(order.outputs["image"]?["reference"] == "registry.example/app@sha256:1")
            #expect(order.dropped == ["compile": ["key": "the secret “npm”"]])
            #expect(order.outcomes == ["compile": .success, "image": .success])
            #expect(order.sequence == rollout.sequence)
            #expect(order.source == nil)
            try await platform.started("deploy", rollout)
            try await platform.finished("deploy", rollout)
            try await platform.ended(rollout)

            let ended = try #require(try await platform.runs().first)
            #expect(ended.state == .success)
            #expect(ended.startedAt != nil && ended.finishedAt != nil)
            let events = try await platform.sentEvents()
            #expect(
                events == [
                    "dev.cdevents.pipelinerun.queued", "dev.cdevents.build.queued",
                    "dev.cdevents.pipelinerun.started", "dev.cdevents.pipelinerun.finished",
                ])
        }
    }

    @Test func `Each attempt of an image's build is queued once, as what its builder begins`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(Samples.delivery)
            let run = try #require(try await platform.runs().first)
            let job = try #require(try await platform.jobs(of: run.id).first)
            func queued() async throws -> [CloudEvent] {
                try await platform.sent().filter { $0.routingKey == "dev.cdevents.build.queued" }
                    .map { try Wire.decode(CloudEvent.self, from: Data($0.body.utf8)) }
            }
            #expect(
                try await queued().map(\.subject) == [CloudEvent.taskRunID(job: job.id, attempt: 1, step: "image")])
            _ = try await platform.claim(job.id)
            try await platform.ended(job, .released)
            let attempts = try await queued()
            #expect(
                attempts.map(\.subject)
                    == [1, 2].map { CloudEvent.taskRunID(job: job.id, attempt: $0, step: "image") })
            #expect(Set(attempts.map(\.id)).count == 2)
            #expect(attempts.allSatisfy { $0.data.context.chainId == run.id.rawValue })
        }
    }

    @Test func `What a push leads to goes on with its trace, events included`() async throws {
        try await PlatformFixture.with { platform in
            let parent = Traceparent.make()
            try await MessageContext.$current.withValue(MessageContext(id: .make(), traceparent: parent)) {
                try await platform.push(Samples.delivery)
            }
            let spans = try await platform.sent().compactMap(\.traceparent)
            #expect(spans.count == 3)
            #expect(spans.allSatisfy { $0.prefix(35) == parent.prefix(35) })
            #expect(Set(spans + [parent]).count == 4, "each has its own span")
        }
    }

    @Test func `A job is told which other pipelines have failed`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(
                """
                kind: pipeline
                name: unit
                steps: [{name: test, image: alpine, commands: ["false"]}]
                ---
                kind: pipeline
                name: tell
                depends_on: [unit]
                trigger: {status: [failure]}
                steps: [{name: chat, image: plugins/slack}]
                """, path: ".drone.yml")
            let run = try #require(try await platform.runs().first)
            let unit = try #require(try await platform.jobs(of: run.id).first)
            _ = try await platform.claim(unit.id)
            try await platform.started("test", unit)
            try await platform.finished("test", unit, .failure)
            try await platform.ended(unit, .failure, reason: "step “test” failed")
            let tell = try #require(try await platform.jobs(of: run.id).last)
            guard case .granted(let grant) = try await platform.claim(tell.id) else {
                Issue.record("the job was not granted")
                return
            }
            #expect(grant.failedStages == ["unit"])
            #expect(grant.environment["DRONE_STAGE_NUMBER"] == "2")
            #expect(grant.environment["DRONE_STAGE_DEPENDS_ON"] == "unit")
        }
    }

    @Test func `The same push by whatever way is one run`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(Samples.single)
            try await platform.push(Samples.single)
            try await platform.push(Samples.single, message: "m2")
            let runs = try await platform.runs()
            #expect(runs.count == 1)
            let work = try await platform.sentWork()
            #expect(work.count == 1)
        }
    }

    @Test func `A hook that comes again when its id is long forgotten makes no second run`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(Samples.single)
            let forgotten = try await platform.store.write { transaction in
                try transaction.inbox.prune(olderThan: .seconds(-1), in: transaction.database)
            }
            #expect(forgotten == 1)
            try await platform.push(Samples.single)
            #expect(try await platform.runs().count == 1)
            #expect(try await platform.sentWork().count == 1)
        }
    }

    @Test func `A report that comes twice changes nothing`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(Samples.single)
            let run = try #require(try await platform.runs().first)
            let job = try #require(try await platform.jobs(of: run.id).first)
            _ = try await platform.claim(job.id)
            let report = StepReport(step: "test", outcome: .success, exitCode: 0, startedAt: .now, finishedAt: .now)
            for _ in 0..<3 {
                try await platform.ended(job, steps: [report], message: .init(rawValue: "end"))
                try await platform.ended(job, steps: [report])
            }
            let ended = try #require(try await platform.runs().first)
            #expect(ended.state == .success)
            let finished = try await platform.sentEvents().filter { $0.hasSuffix("finished") }
            #expect(finished.count == 1)
        }
    }

    @Test func `The end of a job may overtake the reports of its steps`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(Samples.single)
            let run = try #require(try await platform.runs().first)
            let job = try #require(try await platform.jobs(of: run.id).first)
            _ = try await platform.claim(job.id)
            try await platform.ended(
                job, .failure, reason: "step “test” failed",
                steps: [
                    StepReport(step: "test", outcome: .failure, exitCode: 1, reason: "exit code 1", startedAt: .now)
                ])
            try await platform.finished("test", job, .failure)
            try await platform.started("test", job)
            let view = try #require(try await platform.reader.view(run.id))
            #expect(view.summary.state == .failure)
            #expect(view.summary.reason?.contains("exit code 1") == true)
            #expect(view.stages[0].steps[0].exitCode == 1)
        }
    }

    @Test func `A lost worker's job goes to another as the next attempt, and its late words do not count`() async throws
    {
        try await PlatformFixture.with { platform in
            try await platform.push(Samples.single)
            let run = try #require(try await platform.runs().first)
            let job = try #require(try await platform.jobs(of: run.id).first)
            _ = try await platform.claim(job.id)
            try await platform.started("test", job)
            try await platform.pass()
            let work = try await platform.sentWork()
            #expect(
                work == [
                    "BuildRequested → slipway.build.default", "JobCancelled", "BuildRequested → slipway.build.default",
                ])
            let pending = try await platform.states(of: run.id)
            #expect(pending == ["test": .pending])
            try await platform.ended(job, .failure)
            let state = try await platform.runs().first?.state
            #expect(state == .running)
            guard case .granted(let grant) = try await platform.claim(job.id, attempt: 2, worker: "w2") else {
                Issue.record("the second attempt was not granted")
                return
            }
            #expect(grant.attempt == 2)
            try await platform.finished("test", job, attempt: 2)
            try await platform.ended(job, attempt: 2)
            let ended = try await platform.runs().first?.state
            #expect(ended == .success)
        }
    }

    @Test func `A job handed back is queued again`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(Samples.single)
            let run = try #require(try await platform.runs().first)
            let job = try #require(try await platform.jobs(of: run.id).first)
            _ = try await platform.claim(job.id)
            try await platform.started("test", job)
            try await platform.ended(job, .released)
            let work = try await platform.sentWork()
            #expect(work.filter { $0.hasPrefix("BuildRequested") }.count == 2)
            guard case .granted = try await platform.claim(job.id, attempt: 2) else {
                Issue.record("the job did not come back")
                return
            }
        }
    }

    @Test func `A queued run that is cancelled holds: its job is refused`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(Samples.single)
            let run = try #require(try await platform.runs().first)
            let job = try #require(try await platform.jobs(of: run.id).first)
            let view = try await platform.cancel(run.id)
            #expect(view.summary.state == .cancelled)
            guard case .refused(let refusal) = try await platform.claim(job.id) else {
                Issue.record("a cancelled job was granted")
                return
            }
            #expect(refusal.code == .cancelled)
        }
    }

    @Test func `A running run is cancelled by its worker, or without it once the lease is over`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(Samples.single)
            let run = try #require(try await platform.runs().first)
            let job = try #require(try await platform.jobs(of: run.id).first)
            _ = try await platform.claim(job.id)
            try await platform.started("test", job)
            _ = try await platform.cancel(run.id)
            let work = try await platform.sentWork()
            #expect(work.last == "JobCancelled")
            let waiting = try await platform.runs().first?.state
            #expect(waiting == .running)
            try await platform.pass()
            let ended = try #require(try await platform.runs().first)
            #expect(ended.state == .cancelled)
            #expect(ended.reason == "cancelled by test")
        }
    }
}

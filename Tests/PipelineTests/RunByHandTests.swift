import Contracts
import FoundationEssentials
import Messaging
import Testing

@testable import Pipeline

/// A run that a person starts is what a push of the same makes, unless they ask for something else.
@Suite struct RunByHandTests {
    private let moment = Timestamp(milliseconds: 1_700_000_000_000)

    private func trigger(_ request: RunRequest) throws(OperationError) -> Trigger {
        try Trigger(byHand: request, defaultBranch: "trunk", now: moment)
    }

    private func request(
        _ ref: String? = nil, _ event: Event? = nil, target: String? = nil, cron: String? = nil
    ) -> RunRequest {
        RunRequest(repository: PlatformFixture.path, ref: ref, event: event, target: target, cron: cron)
    }

    @Test func `Whoever names no event gets that of the ref, which sync finds out`() throws {
        let standard = try trigger(request())
        #expect(standard.ref == "refs/heads/trunk")
        #expect(standard.event == .push)
        for ref in ["v1.0.0", "main", "1a2b3c4d", "refs/tags/v1"] {
            let trigger = try trigger(request(ref))
            #expect(trigger.eventFollowsRef == true)
            #expect(trigger.ref == ref)
            // A tag's name would be taken for a branch by every condition.
            #expect(trigger.branch == nil)
        }
    }

    @Test(arguments: Trigger.eventsByHand) func `Whoever names an event gets it`(event: Event) throws {
        let isChange = event == .promote || event == .rollback
        let trigger = try trigger(
            request("v1", event, target: isChange ? "production" : nil, cron: event == .cron ? "nightly" : nil))
        #expect(trigger.event == event)
        #expect(trigger.eventFollowsRef == nil)
        #expect(trigger.target == (isChange ? "production" : nil))
        #expect(trigger.cron == (event == .cron ? "nightly" : nil))
    }

    @Test func `What nobody can make by hand, or contradicts itself, is refused with what to do`() {
        for (request, words) in [
            (request("main", .pullRequest), "as a push"), (request(nil, .tag), "give the tag"),
            (request("v1", .promote), "target"), (request("v1", .rollback, target: ""), "target"),
            (request(""), "leave it out"), (request("main~1"), "main~1"), (request("x y"), "give a branch"),
            (request("v1", target: "production"), "promote"), (request("v1", .push, cron: "nightly"), "cron"),
        ] {
            do {
                _ = try trigger(request)
                Issue.record("taken: \(request)")
            } catch {
                #expect("\(error.problem.message) \(error.problem.remedy ?? "")".contains(words), "\(error.problem)")
            }
        }
    }

    @Test func `What sync finds is what the run shows, and that a person started it`() async throws {
        try await PlatformFixture.with { platform in
            let started = try await platform.start(request("v1.0.0"))
            #expect(started.summary.byHand == true)
            let asked = try #require(
                try await platform.sent().first { $0.type == SyncRequested.type })
            var trigger = try Wire.decode(SyncRequested.self, from: Data(asked.body.utf8)).trigger
            trigger.event = .tag
            trigger.eventFollowsRef = nil
            trigger.ref = "refs/tags/v1.0.0"
            let file = """
                steps:
                - {name: release, image: alpine, commands: ["true"], when: {event: tag}}
                - {name: branch, image: alpine, commands: ["true"], when: {branch: "**"}}
                """
            try await SourceSyncedHandler(sources: platform.operations.sources).handle(
                SourceSynced(
                    trigger: trigger, commit: PlatformFixture.commit, changes: .init(paths: [], complete: false),
                    pipelineFile: .init(path: ".slipway.yml", text: file), mirrorURL: "http://sync.example/shop/web.git"
                ), MessageContext(id: .make()))
            let view = try #require(try await platform.reader.view(started.summary.id))
            #expect(view.summary.event == .tag)
            #expect(view.summary.ref == "refs/tags/v1.0.0")
            #expect(view.summary.branch == nil)
            #expect(view.summary.byHand == true)
            #expect(try await platform.runs().first?.event == .tag)
            #expect(view.choice?.trace == ["file: .slipway.yml"])
            #expect(view.stages[0].steps.map(\.state) == [.pending, .skipped])
            let job = try #require(try await platform.jobs(of: started.summary.id).first)
            guard case .granted(let grant) = try await platform.claim(job.id) else {
                Issue.record("refused")
                return
            }
            #expect(grant.environment["DRONE_BUILD_EVENT"] == "tag")
            #expect(grant.environment["DRONE_TAG"] == "v1.0.0")
            #expect(grant.environment["DRONE_BRANCH"] == nil)
        }
    }

    @Test func `An association for pushes holds for a run by hand`() async throws {
        try await PlatformFixture.with { platform in
            let document = try Wire.decode(
                JSONValue.self, from: Data(#"[{"step": "a", "commands": ["true"]}]"#.utf8))
            _ = try await platform.save(document, as: "web")
            try await platform.store.write { transaction in
                try transaction.repositories.setAssociations(
                    [AssociationView(component: "web", events: [.push], branches: ["main"])], of: PlatformFixture.path)
            }
            let started = try await platform.start(request("main"))
            try await platform.push(nil, trigger: "t2", run: started.summary.id)
            let view = try #require(try await platform.reader.view(started.summary.id))
            #expect(view.choice?.name == "web")
        }
    }

    @Test func `A failure that is ignored says so, and is not the one to look at`() async throws {
        try await PlatformFixture.with { platform in
            let file = """
                steps:
                - {name: lint, image: alpine, commands: ["false"], failure: ignore}
                - {name: test, image: alpine, commands: ["false"]}
                """
            for (number, outcome) in [StepOutcome.success, .failure].enumerated() {
                try await platform.push(file, trigger: "t\(number)", message: "m\(number)")
                let run = try #require(try await platform.runs().first)
                let job = try #require(try await platform.jobs(of: run.id).first)
                _ = try await platform.claim(job.id)
                try await platform.started("lint", job)
                try await platform.finished("lint", job, .failure)
                try await platform.started("test", job)
                let going = try #require(try await platform.reader.view(run.id))
                #expect(LogPanel.choose(going)?.name == "test")
                try await platform.finished("test", job, outcome)
                try await platform.ended(job, outcome == .success ? .success : .failure)
                let view = try #require(try await platform.reader.view(run.id))
                let steps = view.stages[0].steps
                #expect(steps[0].state == .failure && steps[0].isIgnored)
                #expect(!steps[1].isIgnored)
                #expect(view.firstFailure?.name == (outcome == .success ? nil : "test"))
                #expect(LogPanel.choose(view)?.name != "lint")
                let list = RunStepList(view, selected: nil, now: .now)
                #expect(list.stages[0].steps[0].state == "ignored")
                #expect(list.stages[0].steps[0].mark.contains("failed, ignored"))
                let json = String(decoding: try Wire.encode(view), as: UTF8.self)
                #expect(json.contains(#""ignored":true"#))
            }
        }
    }

    @Test func `What a job waits for before its first step is that step's reason`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push("steps: [{name: test, image: alpine, commands: [\"true\"]}]")
            let run = try #require(try await platform.runs().first)
            let job = try #require(try await platform.jobs(of: run.id).first)
            _ = try await platform.claim(job.id)
            let words = "waits for its source: the source is being fetched from git.example"
            for (stuck, reason) in [(words, words), (nil, "waits for earlier steps of its job")] {
                try await platform.heartbeat(job, stuck: stuck)
                let view = try #require(try await platform.reader.view(run.id))
                #expect(view.stages[0].steps[0].reason == reason)
            }
        }
    }

    @Test func `A worker that knows a failure to be ignored is believed at once`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(
                """
                steps:
                - {name: server, image: alpine, commands: [serve], detach: true}
                - {name: test, image: alpine, commands: ["true"]}
                """)
            let run = try #require(try await platform.runs().first)
            let job = try #require(try await platform.jobs(of: run.id).first)
            _ = try await platform.claim(job.id)
            try await platform.started("server", job)
            try await platform.started("test", job)
            try await platform.finished("server", job, .failure, ignored: true)
            let view = try #require(try await platform.reader.view(run.id))
            #expect(view.stages[0].state == .running && view.firstFailure == nil)
            #expect(view.stages[0].steps[0].state == .failure && view.stages[0].steps[0].isIgnored)
            #expect(LogPanel.choose(view)?.name == "test")
        }
    }
}

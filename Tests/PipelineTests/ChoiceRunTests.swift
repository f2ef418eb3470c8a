import Contracts
import FoundationEssentials
import Messaging
import PipelineLanguage
import Storage
import Testing

@testable import Pipeline

@Suite struct ChoiceRunTests {
    private let bare = """
        [ {"step": "compile", "commands": ["yarn install", "yarn build", "docker build -t registry.example/app ."]},
          {"step": "deploy",  "commands": ["docker pull registry.example/app", "docker run -d registry.example/app"]} ]
        """
    private let full = """
        { "name": "web", "parameters": {"image": "harbor.example/shop/web"},
          "steps": [
            {"step": "compile", "image": "node:22", "commands": ["yarn install", "yarn build"]},
            {"step": "image",   "build": {"context": ".", "repository": "${image}", "tags": ["${commit.short}"]}},
            {"step": "deploy",  "deploy": {"environment": "production", "workload": "deployment/web", "container": "web"},
             "when": {"branch": "main"}} ] }
        """

    private func associate(_ document: String, with platform: PlatformFixture) async throws {
        let value = try Wire.decode(JSONValue.self, from: Data(document.utf8))
        _ = try await platform.save(value, as: "web")
        try await platform.store.write { transaction in
            try transaction.repositories.setAssociations(
                [AssociationView(component: "web")], of: PlatformFixture.path)
        }
    }

    @Test func `The bare component runs unchanged, as one job with the source and what it compiles`() async throws {
        try await PlatformFixture.with { platform in
            try await associate(bare, with: platform)
            try await platform.push(nil)
            let run = try #require(try await platform.runs().first)
            let build = try #require(try await platform.jobs(of: run.id).first)
            #expect(build.queue == "slipway.build.default")
            #expect(build.steps == ["compile", "deploy"])
            #expect(build.workload == "shop/web/default/deploy")
            guard case .granted(let grant) = try await platform.claim(build.id) else {
                Issue.record("the job was not granted")
                return
            }
            #expect(grant.source != nil)
            try await platform.finished("compile", build)
            try await platform.finished("deploy", build)
            try await platform.ended(build)
            #expect(try await platform.jobs(of: run.id).count == 1)
            let view = try #require(try await platform.reader.view(run.id))
            #expect(view.choice?.source == .component)
            #expect(view.choice?.name == "web")
        }
    }

    @Test func `The fuller component runs unchanged, its parameters and the commit filled in`() async throws {
        try await PlatformFixture.with { platform in
            try await associate(full, with: platform)
            try await platform.push(nil, branch: "feature")
            let run = try #require(try await platform.runs().first)
            let build = try #require(try await platform.jobs(of: run.id).first)
            guard case .granted(let grant) = try await platform.claim(build.id) else {
                Issue.record("the build was not granted")
                return
            }
            let stage = String(decoding: try Wire.encode(grant.stage), as: UTF8.self)
            #expect(stage.contains("\"harbor.example/shop/web\""))
            #expect(stage.contains("\"abababab\""))
            let view = try #require(try await platform.reader.view(run.id))
            let deploy = try #require(view.stages[0].steps.last)
            #expect(deploy.state == .skipped)
            #expect(deploy.reason == "when.branch: “feature” is not main")
        }
    }

    @Test func `Nothing to run is a run that says why`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(nil)
            let run = try #require(try await platform.runs().first)
            #expect(run.state == .skipped)
            #expect(run.reason?.hasPrefix("no process: file: there is none") == true)
            let sent = try await platform.sent()
            #expect(sent.isEmpty)
        }
    }

    @Test func `A file that is no pipeline fails the run with the line`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push("steps:\n  - name: x\n    comands: [a]\n")
            let run = try #require(try await platform.runs().first)
            #expect(run.state == .failure)
            #expect(run.reason?.contains(".slipway.yml:3:5") == true)
            let view = try #require(try await platform.reader.view(run.id))
            #expect(view.choice?.trace.contains { $0.contains("did you mean “commands”") } == true)
            try await platform.push(Samples.single, trigger: "t2", message: "m2")
            let next = try #require(try await platform.runs().first)
            #expect(next.state == .pending)
        }
    }

    @Test func `A run without a process says which file is nearly called as one`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(nil, misnamed: ".drone.yaml")
            let run = try #require(try await platform.runs().first)
            #expect(run.state == .skipped)
            #expect(run.reason?.contains("but .drone.yaml; name it .drone.yml") == true)
        }
    }

    @Test func `A service whose condition does not hold is not started`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(
                """
                type: docker
                services:
                - {name: database, image: "mariadb:11", when: {event: tag}, environment: {P: {from_secret: root}}}
                - {name: queue, image: "rabbitmq:4", when: {event: push}}
                steps: [{name: test, image: alpine, commands: [a]}]
                """)
            let run = try #require(try await platform.runs().first)
            let job = try #require(try await platform.jobs(of: run.id).first)
            guard case .granted(let grant) = try await platform.claim(job.id) else {
                Issue.record("the job is not granted")
                return
            }
            #expect(try grant.stage.decode(Stage.self).services.map(\.name) == ["queue"])
            let view = try #require(try await platform.reader.view(run.id))
            let services = view.stages.flatMap(\.steps).filter { $0.kind == "service" }
            #expect(services.map(\.state) == [.skipped, .pending])
            #expect(services.first?.reason == "when.event: “push” is not tag")
        }
    }

    @Test func `A skip text makes a skipped run`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(Samples.single, text: "Fix a typo [ci skip]")
            let run = try #require(try await platform.runs().first)
            #expect(run.state == .skipped)
            #expect(run.reason?.contains("[ci skip]") == true)
        }
    }

    @Test func `A push to an unknown repository runs nothing`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.store.write { transaction in
                try transaction.repositories.remove(PlatformFixture.path)
            }
            try await platform.push(Samples.single)
            let runs = try await platform.runs()
            #expect(runs.isEmpty)
        }
    }

    @Test func `A source that cannot be fetched fails the run that waits for it, and a push's`() async throws {
        try await PlatformFixture.with { platform in
            let view = try await platform.start(RunRequest(repository: PlatformFixture.path, ref: "nowhere"))
            #expect(view.summary.state == .pending)
            let handler = SyncFailedHandler(sources: platform.operations.sources)
            for id in [view.summary.id, nil] {
                try await handler.handle(
                    SyncFailed(
                        trigger: Trigger(
                            id: .make(), event: .push, repository: PlatformFixture.path, ref: "nowhere", run: id),
                        code: .refNotFound, reason: "there is no branch, tag or commit “nowhere”"),
                    MessageContext(id: .make()))
            }
            let runs = try await platform.runs()
            #expect(runs.map(\.state) == [.failure, .failure])
            #expect(runs.last?.id == view.summary.id)
            #expect(runs.last?.reason == "there is no branch, tag or commit “nowhere”")
        }
    }

    @Test func `A push whose source is not here yet is a run that says why it waits`() async throws {
        try await PlatformFixture.with { platform in
            try await associate(bare, with: platform)
            let trigger = Trigger(
                id: MessageID(rawValue: "push-1"), event: .push, repository: PlatformFixture.path,
                ref: "refs/heads/main", branch: "main", commit: String(repeating: "a", count: 40))
            let handler = SyncDelayedHandler(sources: platform.operations.sources)
            for reason in ["waits for other fetches", "the server cannot be reached; attempt 2 of 3 is in 5 s"] {
                try await handler.handle(SyncDelayed(trigger: trigger, reason: reason), MessageContext(id: .make()))
                let waiting = try #require(try await platform.runs().first)
                #expect(waiting.state == .pending)
                #expect(waiting.reason == reason)
                #expect(try await platform.reader.view(waiting.id)?.summary.reason == reason)
            }
            let source = SourceSynced(
                trigger: trigger,
                commit: Commit(
                    sha: String(repeating: "a", count: 40), message: "m", authorName: "Ada",
                    authorEmail: "ada@example.org", committedAt: .now),
                changes: .init(paths: [], complete: false), pipelineFile: nil,
                mirrorURL: "http://sync:8081/shop/web.git")
            try await SourceSyncedHandler(sources: platform.operations.sources).handle(
                source, MessageContext(id: .make()))
            // It may come after what it announced.
            try await handler.handle(SyncDelayed(trigger: trigger, reason: "late"), MessageContext(id: .make()))
            let runs = try await platform.runs()
            #expect(runs.count == 1)
            #expect(runs[0].number == 1)
            #expect(runs[0].commit != nil)
            #expect(runs[0].reason != "late")
            #expect(try await platform.jobs(of: runs[0].id).count == 1)
        }
    }

    @Test func `A run by hand asks for its source, then runs what was handed over`() async throws {
        try await PlatformFixture.with { platform in
            let document = try Wire.decode(JSONValue.self, from: Data(bare.utf8))
            let view = try await platform.start(
                RunRequest(repository: PlatformFixture.path, document: document))
            let work = try await platform.sentWork()
            #expect(work == ["SyncRequested → slipway.sync"])
            try await platform.push(
                Samples.single, run: view.summary.id, event: .custom, text: "Fix [ci skip]")
            let run = try #require(try await platform.reader.view(view.summary.id))
            #expect(run.choice?.source == .given)
            #expect(run.stages[0].steps.map(\.name) == ["compile", "deploy"])
        }
    }

    @Test func `A run can be run again with the process it had`() async throws {
        try await PlatformFixture.with { platform in
            try await associate(bare, with: platform)
            try await platform.push(nil)
            let first = try #require(try await platform.runs().first)
            let rerun = try await platform.rerun(first.id)
            #expect(rerun.summary.number == 2)
            let asked = try #require(try await platform.sent().last { $0.type == "SyncRequested" })
            #expect(try Wire.decode(SyncRequested.self, from: .init(asked.body.utf8)).trigger.parent == 1)
            try await platform.push(Samples.single, trigger: "t2", message: "m2", run: rerun.summary.id)
            let view = try #require(try await platform.reader.view(rerun.summary.id))
            #expect(view.stages[0].steps.map(\.name) == ["compile", "deploy"])
            #expect(view.choice?.trace.first == "given by hand: the process of run #1")
        }
    }

    @Test func `A parameter nobody declared fails the run with its name`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(Samples.single, parameters: ["colour": "blue"])
            let run = try #require(try await platform.runs().first)
            #expect(run.state == .failure)
            #expect(run.reason?.contains("colour") == true)
        }
    }
}

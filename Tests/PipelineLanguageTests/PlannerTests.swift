import Contracts
import FoundationEssentials
import Testing

@testable import PipelineLanguage

@Suite("Plans and runs")
struct PlannerTests {
    static func process(_ yaml: String) throws -> PipelineLanguage.Process {
        try Compiler.compile(source: yaml, path: "test.yml").process
    }

    static let push = Facts(event: .push, branch: "main", ref: "refs/heads/main", repository: "shop/web")

    static let web = """
        name: web
        steps:
        - {name: compile, image: node, commands: [make]}
        - {name: image, build: registry.example/web}
        - {name: deploy, deploy: {environment: production, workload: deployment/web}, when: {branch: main}}
        - {name: smoke, image: alpine, commands: [./smoke]}
        - {name: tell, image: alpine, commands: [./tell], when: {status: [failure]}}
        """

    func key(_ index: Int, _ stage: String = "web") -> JobKey { JobKey(stage: stage, index: index) }

    @Test("go from job to job")
    func success() throws {
        var planner = Planner(plan: Plan(try Self.process(Self.web), facts: Self.push))
        #expect(planner.start() == [.stageStarted("web"), .startJob(key(0))])
        #expect(planner.start().isEmpty)
        #expect(planner.jobStarted(key(0)).isEmpty)
        #expect(planner.stepStarted("compile", in: key(0)).isEmpty)
        #expect(planner.stepFinished("compile", in: key(0), outcome: .success, exitCode: 0).isEmpty)
        #expect(planner.stepFinished("image", in: key(0), outcome: .success) == [.startJob(key(1))])
        #expect(planner.jobFinished(key(0), outcome: .success).isEmpty)
        #expect(planner.jobFinished(key(0), outcome: .failure).isEmpty)
        #expect(planner.stepFinished("deploy", in: key(1), outcome: .success) == [.startJob(key(2))])
        #expect(planner.jobFinished(key(1), outcome: .success).isEmpty)
        let reports = [
            StepReport(step: "smoke", outcome: .success),
            StepReport(step: "tell", outcome: .skipped, reason: "when.status: runs on failure only, nothing failed"),
        ]
        #expect(
            planner.jobFinished(key(2), outcome: .success, reports: reports)
                == [.stageFinished("web", .success), .finished(.success, reason: nil)])
        #expect(planner.outcome == .success)
        #expect(planner.progress.stages[0].steps.map(\.state) == [.success, .success, .success, .success, .skipped])
    }

    @Test("run on failure what is meant for it")
    func failure() throws {
        var planner = Planner(plan: Plan(try Self.process(Self.web), facts: Self.push))
        _ = planner.start()
        _ = planner.stepFinished("compile", in: key(0), outcome: .failure, exitCode: 2, reason: "exit code 2")
        _ = planner.stepFinished("image", in: key(0), outcome: .skipped, reason: "step “compile” failed")
        #expect(planner.progress.stages[0].jobs == [.running, .skipped, .queued])
        #expect(planner.progress.stages[0].steps[2].reason == "step “compile” failed")
        _ = planner.jobFinished(key(0), outcome: .failure)
        let end = planner.jobFinished(
            key(2), outcome: .success,
            reports: [
                StepReport(step: "smoke", outcome: .skipped, reason: "step “compile” failed"),
                StepReport(step: "tell", outcome: .success),
            ])
        #expect(
            end == [
                .stageFinished("web", .failure), .finished(.failure, reason: "step “compile” failed: exit code 2"),
            ])
    }

    @Test("forgive what may fail")
    func ignoredFailure() throws {
        let process = try Self.process(
            """
            steps:
            - {name: flaky, commands: [a], failure: ignore}
            - {name: deploy, deploy: {environment: e, workload: deployment/web, image: "web:1"}}
            """)
        var planner = Planner(plan: Plan(process, facts: Self.push))
        _ = planner.start()
        #expect(
            planner.stepFinished("flaky", in: key(0, "default"), outcome: .failure) == [.startJob(key(1, "default"))])
        _ = planner.jobFinished(key(0, "default"), outcome: .success)
        #expect(planner.jobFinished(key(1, "default"), outcome: .success).last == .finished(.success, reason: nil))
        #expect(planner.progress.stages[0].steps[0].state == .failure)
    }

    @Test("end a stage early and well at exit code 78")
    func stopped() throws {
        var planner = Planner(plan: Plan(try Self.process(Self.web), facts: Self.push))
        _ = planner.start()
        let actions = planner.stepFinished("compile", in: key(0), outcome: .success, exitCode: 78)
        let reason = SkipReason(.stopped, "step “compile” ended the stage with exit code 78")
        #expect(
            actions == ["deploy", "smoke", "tell"].map { .skipStep(StepKey(stage: "web", step: $0), reason) })
        let end = planner.jobFinished(
            key(0), outcome: .success, reports: [StepReport(step: "image", outcome: .skipped, reason: reason.text)])
        #expect(end == [.stageFinished("web", .success), .finished(.success, reason: nil)])
    }

    @Test("stop everything at a fast failure")
    func fast() throws {
        let process = try Self.process(
            """
            steps:
            - {name: image, build: registry.example/web, depends_on: []}
            - {name: one, deploy: {environment: a, workload: deployment/a}, depends_on: [image], failure: fast}
            - {name: two, deploy: {environment: b, workload: deployment/b}, depends_on: [image]}
            - {name: after, commands: [x], image: alpine, depends_on: [two]}
            """)
        var planner = Planner(plan: Plan(process, facts: Self.push))
        _ = planner.start()
        _ = planner.jobFinished(
            key(0, "default"), outcome: .success, reports: [StepReport(step: "image", outcome: .success)])
        _ = planner.jobStarted(key(1, "default"))
        _ = planner.jobStarted(key(2, "default"))
        #expect(
            planner.stepFinished("one", in: key(1, "default"), outcome: .failure)
                == [.cancelJob(key(2, "default"), reason: "step “one” failed")])
        _ = planner.jobFinished(key(1, "default"), outcome: .failure)
        let end = planner.jobFinished(key(2, "default"), outcome: .cancelled, reason: "step “one” failed")
        #expect(planner.progress.stages[0].steps.map(\.state) == [.success, .failure, .cancelled, .skipped])
        #expect(end.last == .finished(.failure, reason: "step “one” failed"))
    }

    @Test("are cancelled: what runs is stopped and awaited, what waits is not started")
    func cancel() throws {
        var planner = Planner(plan: Plan(try Self.process(Self.web), facts: Self.push))
        _ = planner.start()
        _ = planner.jobStarted(key(0))
        let actions = planner.cancel(reason: "Anna cancelled it")
        #expect(actions.first == .cancelJob(key(0), reason: "Anna cancelled it"))
        #expect(actions.count == 4 && planner.outcome == nil)
        #expect(planner.cancel(reason: "again").isEmpty)
        let end = planner.jobFinished(key(0), outcome: .cancelled, reason: "Anna cancelled it")
        #expect(end == [.stageFinished("web", .cancelled), .finished(.cancelled, reason: "Anna cancelled it")])
        #expect(planner.progress.stages[0].steps.allSatisfy { $0.state == .cancelled })
    }

    @Test("are cancelled before anything runs")
    func cancelEarly() throws {
        var queued = Planner(plan: Plan(try Self.process(Self.web), facts: Self.push))
        _ = queued.start()
        #expect(queued.cancel(reason: "no").last == .finished(.cancelled, reason: "no"))
        var pending = Planner(plan: Plan(try Self.process(Self.web), facts: Self.push))
        #expect(pending.cancel(reason: "no").last == .finished(.cancelled, reason: "no"))
        #expect(pending.start().isEmpty)
    }

    @Test("fail where a stage takes too long")
    func timeout() throws {
        var planner = Planner(plan: Plan(try Self.process(Self.web), facts: Self.push))
        _ = planner.start()
        _ = planner.jobStarted(key(0))
        #expect(planner.stageTimedOut("nothing").isEmpty)
        #expect(planner.stageTimedOut("web").first == .cancelJob(key(0), reason: "stage “web” took longer than it may"))
        let end = planner.jobFinished(key(0), outcome: .cancelled)
        #expect(end.last == .finished(.failure, reason: "stage “web” took longer than it may"))
    }

    @Test("give a job out again that came back, and count nothing of its first try")
    func released() throws {
        var planner = Planner(plan: Plan(try Self.process(Self.web), facts: Self.push))
        _ = planner.start()
        _ = planner.jobStarted(key(0))
        _ = planner.stepFinished("compile", in: key(0), outcome: .success)
        #expect(planner.jobFinished(key(0), outcome: .released).isEmpty)
        #expect(planner.progress.stages[0].steps[0].state == .pending && planner.progress.stages[0].jobs[0] == .queued)
        #expect(planner.jobReleased(key(0)).isEmpty)
        _ = planner.jobStarted(key(0))
        _ = planner.cancel(reason: "no")
        #expect(planner.jobReleased(key(0)).last == .finished(.cancelled, reason: "no"))
    }

    @Test("fail with a job whose steps never ran")
    func jobFailure() throws {
        var planner = Planner(plan: Plan(try Self.process(Self.web), facts: Self.push))
        _ = planner.start()
        let actions = planner.jobFinished(key(0), outcome: .failure, reason: "no builder has the labels gpu")
        #expect(actions.contains(.startJob(key(2))))
        let end = planner.jobFinished(key(2), outcome: .success)
        #expect(end.last == .finished(.failure, reason: "no builder has the labels gpu"))
    }

    @Test("carry a failure through the stages that wait")
    func stages() throws {
        let process = try Self.process(
            """
            {kind: pipeline, name: test, steps: [{name: a, image: x, commands: [a]}]}
            ---
            {kind: pipeline, name: ship, depends_on: [test], steps: [{name: a, image: x, commands: [a]}]}
            ---
            {kind: pipeline, name: after, depends_on: [ship], steps: [{name: a, image: x, commands: [a]}]}
            ---
            {kind: pipeline, name: tell, depends_on: [ship], trigger: {status: [failure]}, steps: [{name: a, image: x, commands: [a]}]}
            ---
            {kind: pipeline, name: clean, depends_on: [tell], trigger: {status: [success, failure]}, steps: [{name: a, image: x, commands: [a]}]}
            """)
        var failing = Planner(plan: Plan(process, facts: Self.push))
        _ = failing.start()
        let actions = failing.jobFinished(
            key(0, "test"), outcome: .failure, reports: [StepReport(step: "a", outcome: .failure)])
        #expect(
            actions.contains(.stageFinished("ship", .skipped)) && actions.contains(.stageFinished("after", .skipped)))
        #expect(actions.contains(.startJob(key(0, "tell"))))
        // “after” waits for “ship”, which did not run at all.
        #expect(failing.progress.stages[2].reason == "stage “test” failed")
        _ = failing.jobFinished(key(0, "tell"), outcome: .success)
        #expect(
            failing.jobFinished(key(0, "clean"), outcome: .success).last
                == .finished(.failure, reason: "test: step “a” failed"))

        var fine = Planner(plan: Plan(process, facts: Self.push))
        _ = fine.start()
        _ = fine.jobFinished(key(0, "test"), outcome: .success, reports: [StepReport(step: "a", outcome: .success)])
        let shipped = fine.jobFinished(
            key(0, "ship"), outcome: .success, reports: [StepReport(step: "a", outcome: .success)])
        #expect(shipped.contains(.stageFinished("tell", .skipped)) && shipped.contains(.startJob(key(0, "after"))))
        #expect(shipped.contains(.startJob(key(0, "clean"))))
        #expect(fine.progress.stages[3].reason == "trigger.status: runs on failure only, nothing failed")
    }

    @Test("go on after a restart from what was kept")
    func restart() throws {
        let plan = Plan(try Self.process(Self.web), facts: Self.push)
        var planner = Planner(plan: plan)
        _ = planner.start()
        _ = planner.stepFinished("compile", in: key(0), outcome: .success)
        let kept = try Wire.encode(planner.progress)
        let restored = try #require(Planner(plan: plan, progress: Wire.decode(RunProgress.self, from: kept)))
        #expect(restored == planner)
        var other = Self.push
        other.branch = "dev"
        #expect(Planner(plan: Plan(try Self.process(Self.web), facts: other), progress: planner.progress) == nil)
    }

    @Test("ignore what is not theirs")
    func strangers() throws {
        var planner = Planner(plan: Plan(try Self.process(Self.web), facts: Self.push))
        _ = planner.start()
        let before = planner
        for key in [key(9), key(-1), key(0, "other")] {
            #expect(planner.jobStarted(key).isEmpty && planner.jobFinished(key, outcome: .success).isEmpty)
            #expect(planner.stepStarted("compile", in: key).isEmpty && planner.jobReleased(key).isEmpty)
        }
        #expect(planner.stepFinished("smoke", in: key(0), outcome: .success).isEmpty)
        #expect(planner.jobStarted(key(2)).isEmpty)
        #expect(planner == before)
    }
}

import Contracts
import Testing

@testable import PipelineLanguage

/// What takes part, and how it is cut into jobs.
extension PlannerTests {
    @Test("cut build steps and rollouts into jobs")
    func cut() throws {
        let plan = Plan(try Self.process(Self.web), facts: Self.push)
        let stage = try #require(plan.stage("web"))
        #expect(stage.jobs.map(\.steps) == [["compile", "image"], ["deploy"], ["smoke", "tell"]])
        #expect(stage.jobs.map(\.isRollout) == [false, true, false])
        #expect(stage.jobs.map(\.deploying) == [nil, nil, nil])
        #expect(stage.jobs.map(\.after) == [[], ["image"], ["deploy"]])
        #expect(stage.step("tell")?.job == 2 && stage.step("deploy")?.kind == .deploy)
    }

    @Test("splice out steps that do not take part, and say why")
    func splicedSteps() throws {
        var facts = Self.push
        facts.branch = "dev"
        let stage = try #require(Plan(try Self.process(Self.web), facts: facts).stage("web"))
        #expect(stage.step("deploy")?.skipped?.text == "when.branch: “dev” is not main")
        #expect(stage.step("smoke")?.dependsOn == ["image"])
        #expect(stage.jobs.map(\.steps) == [["compile", "image", "smoke", "tell"]])
    }

    @Test("keep steps beside a rollout in the first job")
    func besideARollout() throws {
        let plan = Plan(
            try Self.process(
                """
                steps:
                - {name: image, build: registry.example/web}
                - {name: canary, deploy: {environment: canary, workload: deployment/web}, depends_on: [image]}
                - {name: lint, image: alpine, commands: [a]}
                - {name: check, image: alpine, commands: [a], depends_on: [canary, lint]}
                - {name: production, deploy: {environment: production, workload: deployment/web}, depends_on: [check]}
                - {name: europe, deploy: {environment: eu, workload: deployment/web}, depends_on: [production]}
                - {name: report, image: alpine, commands: [a], depends_on: [europe, lint]}
                """), facts: Self.push)
        let jobs = plan.stages[0].jobs
        #expect(
            jobs.map(\.steps) == [
                ["image", "lint"], ["canary"], ["check"], ["production"], ["europe"], ["report"],
            ])
        #expect(
            jobs.map(\.after) == [[], ["image"], ["canary", "lint"], ["check"], ["production"], ["europe", "lint"]])
    }

    @Test("splice out pipelines that do not take part")
    func splicedStages() throws {
        let process = try Self.process(
            """
            {kind: pipeline, name: a, steps: [{name: a, image: x, commands: [a]}]}
            ---
            {kind: pipeline, name: b, depends_on: [a], trigger: {event: tag}, steps: [{name: a, image: x, commands: [a]}]}
            ---
            {kind: pipeline, name: c, depends_on: [b], steps: [{name: a, image: x, commands: [a], when: {event: tag}}]}
            ---
            {kind: pipeline, name: d, depends_on: [c, b], steps: [{name: a, image: x, commands: [a]}]}
            """)
        let plan = Plan(process, facts: Self.push)
        #expect(
            plan.stages.map(\.skipped?.text) == [
                nil, "trigger.event: “push” is not tag", "its only step is skipped", nil,
            ])
        #expect(plan.stage("d")?.dependsOn == ["a"])
        #expect(!plan.isEmpty)
    }

    @Test("have nothing in them where the commit asks for no run")
    func refusal() throws {
        var facts = Self.push
        facts.message = "Typo [skip ci]"
        let plan = Plan(try Self.process(Self.web), facts: facts)
        #expect(plan.isEmpty && plan.refusal?.code == .skipText)
        var planner = Planner(plan: plan)
        #expect(planner.start() == [.finished(.skipped, reason: "the commit message says [skip ci]")])
    }

    @Test("survive processes that no compiler made: cycles, names twice, names of nobody")
    func brokenProcesses() {
        let steps = [
            Step(name: "a", commands: ["x"], dependsOn: ["b"]), Step(name: "b", commands: ["x"], dependsOn: ["a"]),
            Step(name: "c", commands: ["x"], dependsOn: ["nobody"]), Step(name: "c", commands: ["x"], dependsOn: []),
            Step(name: "d", commands: ["x"], dependsOn: ["a", "c"]), Step(name: "e", commands: ["x"], dependsOn: ["e"]),
        ]
        let process = Process(
            name: "p",
            stages: [
                Stage(name: "s", steps: steps), Stage(name: "s", steps: steps),
                Stage(name: "t", dependsOn: ["u"], steps: steps), Stage(name: "u", dependsOn: ["t"], steps: steps),
                Stage(name: "empty", steps: []),
            ])
        let plan = Plan(process, facts: Self.push)
        let reasons = plan.stages[0].steps.map(\.skipped?.text)
        #expect(reasons[0] == "it waits for itself: a → b → a" && reasons[2] == nil)
        #expect(reasons[3] == "an earlier step has the same name")
        #expect(plan.stages[1].skipped?.text == "an earlier stage has the same name")
        #expect(plan.stages[2].skipped?.text == "it waits for itself: t → u → t")
        var planner = Planner(plan: plan)
        #expect(planner.start().contains(.startJob(key(0, "s"))))
        let end = planner.jobFinished(key(0, "s"), outcome: .success)
        #expect(end.last == .finished(.skipped, reason: "the worker did not say why") || planner.outcome != nil)
    }

    @Test("leave out services whose condition does not hold, and say why")
    func services() throws {
        let process = try Self.process(
            """
            type: docker
            parameters: {place: production}
            services:
            - {name: database, image: "mariadb:11", when: {event: push}}
            - {name: proxy, image: "caddy:2", when: {event: tag}}
            - {name: mirror, image: "registry:2", when: {branch: "${parameters.place}"}}
            - redis:7
            steps:
            - {name: test, image: alpine, commands: [a]}
            """)
        let resolved = try process.resolved { _ in Scope(parameters: ["place": "production"]) }
        let plan = Plan(resolved, facts: Self.push)
        #expect(
            plan.stages[0].services.map(\.skipped?.text) == [
                nil, "when.event: “push” is not tag", "when.branch: “main” is not production", nil,
            ])
        #expect(plan.stageToRun(0).services.map(\.name) == ["database", "redis"])
        #expect(plan.stageToRun(0).steps == resolved.stages[0].steps)
        var schedule = StepSchedule(stage: plan.stageToRun(0), steps: ["test"])
        #expect(schedule.begin() == ["database", "redis"].map { .start($0, attempt: 1, delay: 0) })
        var facts = Self.push
        facts.skip = true
        #expect(Plan(resolved, facts: facts).stages[0].services.allSatisfy { $0.skipped != nil })
    }

    @Test("survive a service with the name of a step or of another")
    func servicesOfOneName() {
        let stage = Stage(
            name: "s", services: [Step(name: "db", image: "a"), Step(name: "db", image: "b")],
            steps: [Step(name: "db", image: "x", commands: ["a"]), Step(name: "test", image: "x", commands: ["b"])])
        let plan = Plan(Process(name: "p", stages: [stage]), facts: Self.push)
        #expect(plan.stages[0].steps.map(\.skipped?.text) == ["a service has the same name", nil])
        #expect(plan.stages[0].jobs.map(\.steps) == [["test"]])
        var schedule = StepSchedule(stage: stage, steps: ["db", "test"])
        #expect(schedule.begin() == [.start("db", attempt: 1, delay: 0)])
        #expect(schedule.ready("db") == [.start("test", attempt: 1, delay: 0)])
        #expect(
            schedule.finished("test", .success) == [
                .stop("db", reason: "all steps are done"), .finish(.success, reason: nil),
            ])
    }

    @Test("skip a long chain in one go, whatever the order of the file")
    func longChain() {
        // Each rollout waits for the one behind it in the file.
        let count = 3_000
        let steps = (0..<count).map { number in
            Step(
                name: "\(number)", dependsOn: number == count - 1 ? [] : ["\(number + 1)"],
                deploy: Deploy(environment: "e", container: "c", image: "i"))
        }
        let plan = Plan(Process(name: "p", stages: [Stage(name: "s", steps: steps)]), facts: Self.push)
        var planner = Planner(plan: plan)
        #expect(planner.start() == [.stageStarted("s"), .startJob(key(count - 1, "s"))])
        let actions = planner.jobFinished(key(count - 1, "s"), outcome: .failure, reason: "no")
        #expect(actions.count == count + 1)
        #expect(
            actions.first
                == .skipStep(
                    StepKey(stage: "s", step: "0"), SkipReason(.earlierFailure, "the job of step “\(count - 1)” failed")
                ))
        #expect(planner.outcome == .failure)
    }
}

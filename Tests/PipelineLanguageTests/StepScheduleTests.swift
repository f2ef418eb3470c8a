import Contracts
import Testing

@testable import PipelineLanguage

@Suite("The steps of a job")
struct StepScheduleTests {
    private func schedule(_ yaml: String, _ steps: [String], _ outcomes: [String: StepOutcome] = [:]) throws
        -> StepSchedule
    {
        let process = try PlannerTests.process(yaml)
        return StepSchedule(stage: process.stages[0], steps: steps, outcomes: outcomes)
    }

    private func start(_ step: String, _ attempt: Int = 1, _ delay: Int = 0) -> StepSchedule.Action {
        .start(step, attempt: attempt, delay: delay)
    }

    private let serial = """
        steps:
        - {name: a, image: x, commands: [a]}
        - {name: b, image: x, commands: [b]}
        - {name: c, image: x, commands: [c], when: {status: [failure, success]}}
        - {name: d, image: x, commands: [d], when: {status: failure}}
        """

    @Test("run one after the other")
    func inOrder() throws {
        var schedule = try schedule(serial, ["a", "b", "c", "d"])
        #expect(schedule.begin() == [start("a")])
        #expect(schedule.finished("a", .success) == [start("b")])
        #expect(schedule.finished("b", .success) == [start("c")])
        let end = schedule.finished("c", .success)
        #expect(
            end == [
                .skip(
                    "d",
                    SkipReason(.noFailure, clause: "when.status", "when.status: runs on failure only, nothing failed")),
                .finish(.success, reason: nil),
            ])
        #expect(schedule.outcomes == ["a": .success, "b": .success, "c": .success, "d": .skipped])
        #expect(schedule.begin().isEmpty && schedule.cancel(reason: "late").isEmpty)
    }

    @Test("skip on failure, and run what is meant for it")
    func failure() throws {
        var schedule = try schedule(serial, ["a", "b", "c", "d"])
        _ = schedule.begin()
        #expect(
            schedule.finished("a", .failure, exitCode: 1, reason: "exit code 1")
                == [.skip("b", SkipReason(.earlierFailure, "step “a” failed")), start("c")])
        #expect(schedule.finished("c", .success) == [start("d")])
        #expect(schedule.finished("d", .failure) == [.finish(.failure, reason: "step “a” failed: exit code 1")])
    }

    private let twoFailures = """
        steps:
        - {name: unit, image: x, commands: [a], depends_on: []}
        - {name: lint, image: x, commands: [a], depends_on: []}
        - {name: other, image: x, commands: [a], depends_on: []}
        - {name: after unit, image: x, commands: [a], depends_on: [unit]}
        - {name: after lint, image: x, commands: [a], depends_on: [other, lint]}
        - {name: after both, image: x, commands: [a], depends_on: [after lint]}
        - {name: after other, image: x, commands: [a], depends_on: [other]}
        """

    /// Why each step is skipped.
    private func reasons(_ actions: [StepSchedule.Action]) -> [String: String] {
        var reasons: [String: String] = [:]
        for case .skip(let step, let reason) in actions { reasons[step] = reason.text }
        return reasons
    }

    @Test("a skip names the failure that the step waited for, or says why another one matters")
    func causes() throws {
        let unrelated = "step “unit” failed, and after a failure a stage starts only what runs on failure"
        let expected = [
            "after unit": "step “unit” failed", "after lint": "step “lint” failed", "after both": "step “lint” failed",
            "after other": unrelated,
        ]
        let names = ["unit", "lint", "other", "after unit", "after lint", "after both", "after other"]
        var schedule = try schedule(twoFailures, names)
        _ = schedule.begin()
        var actions = schedule.finished("unit", .failure) + schedule.finished("lint", .failure)
        actions += schedule.finished("other", .success)
        #expect(reasons(actions) == expected)
        // The same where the failures were in an earlier job.
        var later = try self.schedule(
            twoFailures, Array(names.dropFirst(3)), ["unit": .failure, "lint": .failure, "other": .success])
        #expect(reasons(later.begin()) == expected)
        // And where the platform decides over rollouts.
        let process = try PlannerTests.process(
            twoFailures.replacing(
                "image: x, commands: [a]", with: "deploy: {environment: e, workload: deployment/w, image: i}"))
        var planner = Planner(plan: Plan(process, facts: PlannerTests.push))
        var decisions = planner.start()
        for (step, outcome) in [("unit", StepOutcome.failure), ("lint", .failure), ("other", .success)] {
            let job = JobKey(stage: "default", index: names.firstIndex(of: step) ?? 0)
            decisions += planner.stepFinished(step, in: job, outcome: outcome)
        }
        var told: [String: String] = [:]
        for case .skipStep(let key, let reason) in decisions { told[key.step] = reason.text }
        #expect(told == expected)
    }

    @Test("know of failures in earlier jobs")
    func earlierJobs() throws {
        var schedule = try schedule(serial, ["b", "c"], ["a": .failure])
        #expect(schedule.begin() == [.skip("b", SkipReason(.earlierFailure, "step “a” failed")), start("c")])
        #expect(schedule.finished("c", .success) == [.finish(.success, reason: nil)])
        var ignored = try self.schedule(
            "steps: [{name: a, commands: [a], failure: ignore}, {name: b, commands: [b]}]", ["b"], ["a": .failure])
        #expect(ignored.begin() == [start("b")])
    }

    @Test("run at the same time where the graph allows, through steps left out")
    func graph() throws {
        var schedule = try schedule(
            """
            steps:
            - {name: a, image: x, commands: [a]}
            - {name: b, image: x, commands: [b]}
            - {name: out, image: x, commands: [o], depends_on: [a]}
            - {name: c, image: x, commands: [c], depends_on: [out, b]}
            """, ["a", "b", "c"])
        #expect(schedule.begin() == [start("a"), start("b")])
        #expect(schedule.finished("b", .success).isEmpty)
        #expect(schedule.finished("a", .success) == [start("c")])
        #expect(schedule.finished("nobody", .success).isEmpty && schedule.finished("a", .failure).isEmpty)
        #expect(schedule.finished("c", .success) == [.finish(.success, reason: nil)])
    }

    @Test("wait for services, and stop them at the end")
    func services() throws {
        var schedule = try schedule(
            """
            services: [{name: db, image: postgres}, {name: cache, image: redis}]
            steps: [{name: test, image: x, commands: [a]}]
            """, ["test"])
        #expect(schedule.begin() == [start("db"), start("cache")])
        #expect(schedule.ready("db").isEmpty && schedule.ready("db").isEmpty && schedule.ready("nobody").isEmpty)
        #expect(schedule.ready("cache") == [start("test")])
        #expect(schedule.finished("cache", .failure, exitCode: 1).isEmpty)
        #expect(
            schedule.finished("test", .success)
                == [.stop("db", reason: "all steps are done"), .finish(.success, reason: nil)])
        #expect(schedule.outcomes == ["db": .success, "cache": .failure, "test": .success])
    }

    @Test("fail with a service that never works")
    func brokenService() throws {
        var schedule = try schedule(
            "{services: [{name: db, image: postgres}], steps: [{name: test, image: x, commands: [a]}]}", ["test"])
        _ = schedule.begin()
        #expect(
            schedule.finished("db", .failure, reason: "not ready after 60 s") == [
                .skip("test", SkipReason(.earlierFailure, "service “db” failed")),
                .finish(.failure, reason: "step “db” failed: not ready after 60 s"),
            ])
    }

    @Test("go on beside a detached step")
    func detached() throws {
        let yaml = """
            steps:
            - {name: server, image: x, commands: [serve], detach: true}
            - {name: test, image: x, commands: [a]}
            """
        var schedule = try schedule(yaml, ["server", "test"])
        #expect(schedule.begin() == [start("server")])
        #expect(schedule.ready("server") == [start("test")])
        #expect(
            schedule.finished("test", .success)
                == [.stop("server", reason: "all steps are done"), .finish(.success, reason: nil)])
        var alone = try self.schedule(yaml, ["server"])
        _ = alone.begin()
        #expect(
            alone.ready("server") == [.stop("server", reason: "all steps are done"), .finish(.success, reason: nil)])
    }

    @Test("know which failures fail nothing")
    func ignoredFailures() throws {
        let yaml = """
            services: [{name: db, image: postgres}]
            steps:
            - {name: server, image: x, commands: [serve], detach: true}
            - {name: lint, image: x, commands: [a], failure: ignore}
            - {name: test, image: x, commands: [a]}
            """
        var late = try schedule(yaml, ["server", "lint", "test"])
        _ = late.begin() + late.ready("db") + late.ready("server")
        _ = late.finished("server", .failure, exitCode: 1) + late.finished("db", .failure, exitCode: 1)
        _ = late.finished("lint", .failure)
        #expect(late.ignored == ["server", "db", "lint"])
        #expect(late.finished("test", .failure).last == .finish(.failure, reason: "step “test” failed"))
        #expect(late.ignored == ["server", "db", "lint"])
        var early = try schedule(yaml, ["server", "lint", "test"])
        _ = early.begin() + early.ready("db") + early.finished("server", .failure, exitCode: 1)
        #expect(early.ignored.isEmpty)
    }

    @Test("are tried again as often as they may be")
    func retry() throws {
        var schedule = try schedule(
            """
            steps:
            - {name: a, commands: [a], retry: {max: 2, delay: 5s}}
            - {name: b, commands: [b], retry: {max: 3, exit_codes: [7]}}
            """, ["a", "b"])
        _ = schedule.begin()
        #expect(schedule.finished("a", .failure) == [start("a", 2, 5)])
        #expect(schedule.finished("a", .failure) == [start("a", 3, 5)])
        var gaveUp = schedule
        #expect(gaveUp.finished("a", .failure).last == .finish(.failure, reason: "step “a” failed"))
        #expect(schedule.finished("a", .success) == [start("b")])
        #expect(schedule.finished("b", .failure, exitCode: 7) == [start("b", 2, 0)])
        #expect(schedule.finished("b", .failure, exitCode: 8) == [.finish(.failure, reason: "step “b” failed")])
    }

    @Test("end early and well at exit code 78")
    func stopped() throws {
        var schedule = try schedule(serial, ["a", "b", "c", "d"])
        _ = schedule.begin()
        let end = schedule.finished("a", .success, exitCode: 78)
        let reason = SkipReason(.stopped, "step “a” ended the stage with exit code 78")
        #expect(end == ["b", "c", "d"].map { .skip($0, reason) } + [.finish(.success, reason: nil)])
    }

    @Test("are stopped by a fast failure")
    func fast() throws {
        var schedule = try schedule(
            """
            steps:
            - {name: a, image: x, commands: [a], depends_on: [], failure: fast}
            - {name: b, image: x, commands: [b]}
            - {name: c, image: x, commands: [c], depends_on: [b]}
            """, ["a", "b", "c"])
        _ = schedule.begin()
        #expect(schedule.finished("a", .failure) == [.stop("b", reason: "step “a” failed")])
        // It did not wait for “a”.
        let reason = "step “a” failed, and after a failure a stage starts only what runs on failure"
        #expect(
            schedule.finished("b", .cancelled)
                == [.skip("c", SkipReason(.earlierFailure, reason)), .finish(.failure, reason: "step “a” failed")])
    }

    @Test("are cancelled: what runs is awaited")
    func cancel() throws {
        var schedule = try schedule(
            "{services: [{name: db, image: postgres}], steps: [{name: a, image: x, commands: [a]}, {name: b, image: x, commands: [a]}]}",
            ["a", "b"])
        _ = schedule.begin()
        _ = schedule.ready("db")
        let reason = SkipReason(.cancelled, "no")
        #expect(schedule.cancel(reason: "no") == [.stop("a", reason: "no"), .skip("b", reason)])
        #expect(schedule.cancel(reason: "again").isEmpty)
        #expect(schedule.finished("a", .cancelled) == [.stop("db", reason: "no"), .finish(.cancelled, reason: "no")])
        #expect(schedule.outcomes == ["db": .cancelled, "a": .cancelled, "b": .cancelled])
        var unbegun = try self.schedule(serial, ["a"])
        #expect(unbegun.cancel(reason: "no").last == .finish(.cancelled, reason: "no"))
    }

    @Test("of a rollout have no services, and an empty job is over at once")
    func rollout() throws {
        var schedule = try schedule(
            """
            services: [{name: db, image: postgres}]
            steps:
            - {name: image, build: registry.example/web}
            - {name: deploy, deploy: {environment: e, workload: deployment/web}}
            """, ["deploy"])
        #expect(schedule.begin() == [start("deploy")])
        var empty = StepSchedule(stage: Stage(name: "s", steps: []), steps: ["nobody"])
        #expect(empty.begin() == [.finish(.success, reason: nil)])
    }
}

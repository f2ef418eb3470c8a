import Contracts
import PipelineLanguage
import Testing

@testable import Pipeline

/// A run as a value: what happens to it, and what it answers.
@Suite struct ActiveRunTests {
    private static let now = Timestamp(milliseconds: 1_700_000_000_000)
    /// When a worker's lease is over, if nothing was heard of it.
    private static let later = now.adding(.seconds(46))

    /// A run that has been planned, before anything has happened to it.
    private func planned(
        _ file: String, serial: Int64 = 7, clusters: [String: Cluster] = [:]
    ) throws -> ActiveRun {
        let trigger = Trigger(
            id: MessageID(rawValue: "t"), event: .push, repository: PlatformFixture.path, ref: "refs/heads/main",
            branch: "main")
        let compiled = try ProcessCompiler.compile(SourceSynced.PipelineFile(path: ".slipway.yml", text: file))
        let plan = Plan(
            compiled.process,
            facts: Facts(trigger, changes: nil, message: "Add a shop", instance: "slipway.example"))
        let summary = RunSummary(
            id: RunID(rawValue: "r"), repository: PlatformFixture.path, number: 3, state: .pending, reason: nil,
            event: .push, ref: "refs/heads/main", branch: "main", commit: PlatformFixture.commit, sender: nil,
            createdAt: Self.now, startedAt: nil, finishedAt: nil)
        return ActiveRun(
            rows: .init(of: plan, summary), details: RunDetails(trigger: trigger), planner: Planner(plan: plan),
            serial: serial,
            rules: .init(
                terms: LeaseTerms(hold: .zero), timeLimit: 600,
                gate: JobGate(clusters: clusters, environments: ["production": Samples.production])),
            now: Self.now)
    }

    /// The same run as it is read again at another moment.
    private func reread(_ run: ActiveRun, at now: Timestamp) throws -> ActiveRun {
        let planner = try #require(Planner(plan: run.plan, progress: run.planner.progress))
        return ActiveRun(
            rows: run.rows, details: run.details, planner: planner, serial: run.serial, rules: run.rules, now: now)
    }

    /// What was answered, a word or two for each.
    private func words(_ changes: [ActiveRun.Change]) -> [String] {
        changes.map { change in
            switch change {
            case .summary(let summary): "run \(summary.state)"
            case .stage(let stage): "stage \(stage.name) \(stage.state)"
            case .step(let step): "step \(step.name) \(step.state)"
            case .progress: "progress"
            case .choice: "trace"
            case .newJob(let job): "new \(job.kind) \(job.lease.state)"
            case .job(let job): "\(job.kind) \(job.lease.state)"
            case .rollout(let workload, let sequence): "rollout \(workload) \(sequence)"
            case .offer(let job): "offer \(job.lease.attempt) to \(job.queue)"
            case .stop(let message): "stop \(message.attempt): \(message.reason)"
            case .started: "started"
            case .finished: "finished"
            case .deadline: "deadline"
            case .limit: "limit"
            case .source: "source"
            case .awaitTurn: "await turn"
            case .wait: "wait"
            case .displaceStuck(let workload): "displace at \(workload)"
            case .release(let workload): "release \(workload)"
            }
        }
    }

    private func report(
        _ step: String, _ outcome: StepOutcome = .success, outputs: [String: String] = [:]
    ) -> StepReport {
        StepReport(
            step: step, outcome: outcome, exitCode: outcome == .success ? 0 : 1, outputs: outputs, startedAt: Self.now,
            finishedAt: Self.now, logBytes: 5)
    }

    private func finished(
        _ job: Job, _ outcome: JobFinished.Outcome = .success, attempt: Int = 1, reason: String? = nil,
        steps: [StepReport] = []
    ) -> JobFinished {
        JobFinished(job: job.id, run: job.run, attempt: attempt, outcome: outcome, reason: reason, steps: steps)
    }

    private let rollout = """
        steps:
          - name: deploy
            deploy: {environment: production, workload: deployment/web, container: web, image: "a@sha256:1"}
        """
    private let workload = "default/default/deployment/web"

    // MARK: - The way of a run

    @Test func `Its first job is offered when it begins, with what is written before what is sent`() throws {
        var run = try planned(Samples.single)
        #expect(
            words(run.start()) == [
                "stage default running", "progress", "new build queued", "offer 1 to slipway.build.default",
            ])
        // Told twice, it has nothing more to say.
        #expect(run.start() == [])
        let job = try #require(run.jobs.first)
        #expect(job.steps == ["test"] && job.timeLimit == 600 && job.workload == nil)
    }

    @Test func `It goes its whole way`() throws {
        var run = try planned(Samples.single)
        _ = run.start()
        let job = try #require(run.jobs.first)
        let (claim, granted) = run.claim(job.id, attempt: 1, worker: "w1")
        #expect(claim == .granted)
        #expect(
            words(granted) == [
                "run running", "step test pending", "progress", "build leased", "started", "limit",
            ])
        #expect(run.summary.startedAt == Self.now && run.rows.steps[0].job == job.id)
        let began = run.stepStarted(StepStarted(job: job.id, run: run.id, attempt: 1, step: "test", at: Self.now))
        #expect(words(began) == ["step test running", "progress", "build leased"])
        let ended = run.stepFinished(
            StepFinished(job: job.id, run: run.id, attempt: 1, report: report("test", outputs: ["a": "b"])))
        #expect(words(ended) == ["step test success", "progress"])
        let over = run.jobFinished(finished(job))
        #expect(words(over) == ["run success", "stage default success", "progress", "build finished", "finished"])
        #expect(run.rows.steps[0].outputs == ["a": "b"] && run.rows.steps[0].logBytes == 5)
        #expect(run.summary.finishedAt == Self.now)
        // What comes late or twice changes nothing.
        #expect(run.jobFinished(finished(job)) == [])
        #expect(
            run.stepFinished(StepFinished(job: job.id, run: run.id, attempt: 1, report: report("test", .failure))) == []
        )
        #expect(run.cancel(reason: "late") == [])
    }

    @Test func `A step that fails fails the run, and what it would have gone on with is skipped`() throws {
        var run = try planned(Samples.delivery)
        _ = run.start()
        let job = try #require(run.jobs.first)
        _ = run.claim(job.id, attempt: 1, worker: "w1")
        let over = run.jobFinished(
            finished(job, .failure, reason: "step “compile” failed", steps: [report("compile", .failure)]))
        #expect(words(over).contains("run failure") && words(over).last == "finished")
        #expect(run.rows.steps.map(\.state) == [.failure, .skipped, .skipped])
        #expect(run.jobs.count == 1)
    }

    // MARK: - Leases

    @Test func `A silent worker's job is offered again, and what the old attempt says is answered with a stop`() throws
    {
        var run = try planned(Samples.single)
        _ = run.start()
        let job = try #require(run.jobs.first)
        _ = run.claim(job.id, attempt: 1, worker: "w1")
        #expect(run.expire(job.id).expiry == .notYet)
        run = try reread(run, at: Self.later)
        let (expiry, changes) = run.expire(job.id)
        #expect(expiry == .requeued)
        #expect(
            words(changes) == [
                "progress", "build queued", "stop 1: its lease ran out: the worker was not heard of",
                "offer 2 to slipway.build.default",
            ])
        let late = run.stepFinished(StepFinished(job: job.id, run: run.id, attempt: 1, report: report("test")))
        #expect(words(late) == ["stop 1: attempt 2 took the place of attempt 1"])
        #expect(run.rows.steps[0].state == .pending)
        #expect(run.claim(job.id, attempt: 2, worker: "w2").claim == .granted)
    }

    @Test func `A worker that asks twice makes the next attempt, a fifth loss the end`() throws {
        var run = try planned(Samples.single)
        _ = run.start()
        let job = try #require(run.jobs.first)
        for attempt in 1...4 {
            #expect(run.claim(job.id, attempt: attempt, worker: "w").claim == .granted)
            let (claim, changes) = run.claim(job.id, attempt: attempt, worker: "w")
            #expect(claim == .requeued)
            #expect(words(changes).contains("offer \(attempt + 1) to slipway.build.default"))
        }
        #expect(run.claim(job.id, attempt: 5, worker: "w").claim == .granted)
        let (claim, changes) = run.claim(job.id, attempt: 5, worker: "w")
        guard case .gaveUp = claim else {
            Issue.record("it was not given up: \(claim)")
            return
        }
        #expect(words(changes).first == "run failure" && words(changes).last == "finished")
    }

    @Test func `One that is handed back is offered again, unless it was being stopped`() throws {
        var run = try planned(Samples.single)
        _ = run.start()
        let job = try #require(run.jobs.first)
        _ = run.claim(job.id, attempt: 1, worker: "w1")
        let released = run.jobFinished(finished(job, .released))
        #expect(words(released) == ["progress", "build queued", "offer 2 to slipway.build.default"])
        _ = run.claim(job.id, attempt: 2, worker: "w1")
        let cancelled = run.cancel(reason: "by hand")
        #expect(words(cancelled).contains("stop 2: by hand"))
        #expect(run.summary.state == .running)
        let over = run.jobFinished(finished(job, .released, attempt: 2))
        #expect(words(over).contains("build cancelled") && words(over).last == "finished")
        #expect(run.summary.state == .cancelled && run.summary.reason == "by hand")
    }

    @Test func `A stage that takes too long stops its jobs`() throws {
        var run = try planned(
            """
            timeout: 60
            steps: [{name: test, image: alpine, commands: ["true"]}]
            """)
        #expect(words(run.start()).last == "limit")
        #expect(run.rows.stages[0].deadline == run.heard.adding(.seconds(60)))
        let job = try #require(run.jobs.first)
        #expect(job.timeLimit == 60)
        _ = run.claim(job.id, attempt: 1, worker: "w1")
        let stopped = words(run.stageTimedOut("default"))
        #expect(stopped.contains { $0.hasPrefix("stop 1: ") && $0.contains("took longer") })
        #expect(run.rows.stages[0].deadline == nil)
    }

    // MARK: - Workloads

    @Test func `A rollout is held until it is told its turn`() throws {
        var run = try planned(rollout)
        #expect(words(run.start()).suffix(2) == ["new rollout held", "await turn"])
        let job = try #require(run.jobs.first)
        #expect(job.workload == workload && job.sequence == RolloutQueue.sequence(serial: 7, step: 1))
        #expect(words(run.turn(of: job.id, .hold)) == ["displace at \(workload)"])
        #expect(words(run.turn(of: job.id, .dispatch)) == ["rollout queued", "offer 1 to slipway.deploy.default"])
        // Once is enough.
        #expect(run.turn(of: job.id, .dispatch) == [])
        // Its workload turned out to be another's.
        #expect(words(run.turn(of: job.id, .hold)) == ["rollout held", "displace at \(workload)"])
        _ = run.turn(of: job.id, .dispatch)
        let granted = words(run.claim(job.id, attempt: 1, worker: "d1").changes)
        #expect(granted.contains("rollout \(workload) \(job.sequence ?? 0)"))
        // What a worker has is not taken from it.
        #expect(run.turn(of: job.id, .hold) == [])
        #expect(run.turn(of: job.id, .superseded(by: "shop/web#4")) == [])
        #expect(words(run.jobFinished(finished(job))).last == "release \(workload)")
    }

    @Test func `A rollout whose worker is lost waits for its turn anew`() throws {
        var run = try planned(rollout)
        _ = run.start()
        let job = try #require(run.jobs.first)
        _ = run.turn(of: job.id, .dispatch)
        _ = run.claim(job.id, attempt: 1, worker: "d1")
        run = try reread(run, at: Self.later)
        let changes = run.expire(job.id).changes
        // Another attempt goes on with what that worker began.
        #expect(changes.contains { if case .stop(let message) = $0 { message.isFinal == false } else { false } })
        let lost = words(changes)
        #expect(lost.contains("rollout held") && lost.last == "await turn")
        #expect(!lost.contains { $0.hasPrefix("offer") })
        #expect(words(run.turn(of: job.id, .dispatch)) == ["rollout queued", "offer 2 to slipway.deploy.default"])
    }

    @Test func `One that gives way ends its run, says to whom, and lets others go`() throws {
        var run = try planned(rollout)
        _ = run.start()
        let job = try #require(run.jobs.first)
        let gone = words(run.turn(of: job.id, .superseded(by: "shop/web#4")))
        #expect(gone.first == "run cancelled" && gone.contains("rollout superseded"))
        #expect(gone.suffix(2) == ["finished", "release \(workload)"])
        #expect(run.summary.reason == "a newer rollout to \(workload) took its place: shop/web#4")
        #expect(run.turn(of: job.id, .dispatch) == [])
    }

    @Test func `One that is stuck is stopped for a newer one, once`() throws {
        var run = try planned(rollout)
        _ = run.start()
        let job = try #require(run.jobs.first)
        _ = run.turn(of: job.id, .dispatch)
        _ = run.claim(job.id, attempt: 1, worker: "d1")
        let changes = run.displace(job.id, by: "shop/web#4")
        // Its worker is told who goes on.
        let orders = changes.compactMap { if case .stop(let message) = $0 { message } else { nil } }
        #expect(orders.map(\.winner) == ["shop/web#4"] && orders.map(\.isFinal) == [true])
        let stopped = words(changes)
        let reason = "it was stuck, and a newer rollout to \(workload) took its place: shop/web#4"
        #expect(stopped.contains("stop 1: \(reason)"))
        #expect(run.displace(job.id, by: "shop/web#5") == [])
        _ = run.jobFinished(finished(job, .cancelled))
        #expect(run.summary.state == .cancelled && run.summary.reason == reason)
    }

    @Test func `A job is known by the key that follows from what deployers say`() throws {
        var run = try planned(rollout)
        _ = run.start()
        let job = try #require(run.jobs.first)
        #expect(run.relocate(job.id) == [])
        let known = ["default": Cluster(name: "eu", namespace: "shop")]
        var rules = run.rules
        rules.gate.clusters = known
        run = ActiveRun(
            rows: run.rows, details: run.details, planner: run.planner, serial: run.serial, rules: rules, now: Self.now)
        #expect(words(run.relocate(job.id)) == ["rollout held"])
        #expect(run.jobs.first?.workload == "eu/shop/deployment/web")
        var other = try planned(rollout, clusters: known)
        _ = other.start()
        #expect(other.jobs.first?.workload == "eu/shop/deployment/web")
    }

    // MARK: - Beside the planner

    @Test func `Services end with their stage`() throws {
        var run = try planned(
            """
            services: [{name: db, image: postgres}, {name: cache, image: redis}]
            steps: [{name: test, image: alpine, commands: ["true"]}]
            """)
        _ = run.start()
        let job = try #require(run.jobs.first)
        _ = run.claim(job.id, attempt: 1, worker: "w1")
        #expect(run.rows.steps.allSatisfy { $0.job == job.id })
        let began = run.stepStarted(StepStarted(job: job.id, run: run.id, attempt: 1, step: "db", at: Self.now))
        #expect(words(began).contains("step db running"))
        _ = run.jobFinished(finished(job, steps: [report("test")]))
        let states = Dictionary(uniqueKeysWithValues: run.rows.steps.map { ($0.name, $0.state) })
        #expect(states == ["db": .success, "cache": .skipped, "test": .success])
    }

    @Test func `A job it does not have is nobody's`() throws {
        var run = try planned(Samples.single)
        _ = run.start()
        let id = JobID(rawValue: "none")
        #expect(run.expire(id).changes == [] && run.relocate(id) == [] && run.turn(of: id, .dispatch) == [])
        #expect(run.claim(id, attempt: 1, worker: "w").claim == .refused(.unknown, "there is no job none"))
        #expect(run.stepStarted(StepStarted(job: id, run: run.id, attempt: 1, step: "test", at: Self.now)) == [])
    }
}

extension ActiveRun {
    /// One for which heard time goes on as the clock does.
    init(
        rows: Rows, details: RunDetails, planner: Planner, serial: Int64, rules: Rules, now: Timestamp
    ) {
        self.init(
            rows: rows, details: details, planner: planner, serial: serial, rules: rules, now: now,
            heard: HeardTime(milliseconds: now.milliseconds))
    }
}

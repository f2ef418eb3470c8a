import Contracts
import PipelineLanguage
import Testing

@testable import Pipeline

/// Whatever happens to a run and in whatever order: what it answers is all that is needed to take it up again.
@Suite struct ActiveRunPropertyTests {
    private static let files = [
        Samples.single, Samples.delivery,
        """
        services: [{name: db, image: postgres}]
        steps:
          - {name: a, image: alpine, commands: ["true"]}
          - {name: b, image: alpine, commands: ["false"], failure: ignore, depends_on: [a]}
          - name: c
            deploy: {environment: production, workload: deployment/web, container: web, image: "a:1"}
            depends_on: [a]
          - name: d
            deploy: {environment: production, workload: deployment/web, container: sidecar, image: "b:1"}
            depends_on: [b]
        """,
    ]

    /// What is kept of a run, made of its answers alone.
    private struct Kept: Equatable {
        var rows: ActiveRun.Rows
        var progress: RunProgress
        var starts = 0
        var ends = 0
        /// The attempts that were offered, by job: never one twice.
        var offered: [JobID: [Int]] = [:]

        mutating func take(_ change: ActiveRun.Change) {
            switch change {
            case .summary(let summary): rows.summary = summary
            case .stage(let stage): rows.stages[stage.position] = stage
            case .step(let step):
                if let index = rows.steps.firstIndex(where: { $0.id == step.id }) { rows.steps[index] = step }
            case .progress(let progress): self.progress = progress
            case .newJob(let job): rows.jobs.append(job)
            case .job(let job):
                if let index = rows.jobs.firstIndex(where: { $0.id == job.id }) { rows.jobs[index] = job }
            case .offer(let job):
                #expect(job.lease.state == .queued)
                offered[job.id, default: []].append(job.lease.attempt)
            case .started: starts += 1
            case .finished: ends += 1
            case .choice, .rollout, .stop, .deadline, .limit, .source, .awaitTurn, .wait, .displaceStuck, .release:
                break
            }
        }
    }

    private func planned(_ file: String) throws -> ActiveRun {
        let now = Timestamp(milliseconds: 1_700_000_000_000)
        let trigger = Trigger(
            id: MessageID(rawValue: "t"), event: .push, repository: PlatformFixture.path, ref: "refs/heads/main",
            branch: "main")
        let compiled = try ProcessCompiler.compile(SourceSynced.PipelineFile(path: ".slipway.yml", text: file))
        let plan = Plan(
            compiled.process, facts: Facts(trigger, changes: nil, message: nil, instance: "slipway.example"))
        let summary = RunSummary(
            id: RunID(rawValue: "r"), repository: PlatformFixture.path, number: 1, state: .pending, reason: nil,
            event: .push, ref: "refs/heads/main", branch: "main", commit: PlatformFixture.commit, sender: nil,
            createdAt: now, startedAt: nil, finishedAt: nil)
        return ActiveRun(
            rows: .init(of: plan, summary), details: RunDetails(trigger: trigger), planner: Planner(plan: plan),
            serial: 1,
            rules: .init(
                terms: LeaseTerms(hold: .zero), timeLimit: 600,
                gate: JobGate(environments: ["production": Samples.production])),
            now: now)
    }

    @Test(arguments: 0..<200) func `It is what its answers say, from the first event to the last`(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        var run = try planned(Self.files[Int(seed) % Self.files.count])
        var kept = Kept(rows: run.rows, progress: run.planner.progress)
        var now = run.now
        func take(_ changes: [ActiveRun.Change]) {
            for change in changes { kept.take(change) }
            #expect(kept.rows == run.rows)
            #expect(kept.progress == run.planner.progress)
            #expect(kept.starts <= 1 && kept.ends <= 1)
            #expect(kept.ends == (run.summary.state.isFinal ? 1 : 0))
            for (_, attempts) in kept.offered where run.rows.jobs.allSatisfy({ $0.workload == nil }) {
                #expect(attempts == Array(1...attempts.count))
            }
        }
        take(run.start())
        for _ in 0..<60 {
            // Another moment, read again from what was kept.
            now = now.adding(.seconds(Int.random(in: 0...12, using: &random)))
            let planner = try #require(Planner(plan: run.plan, progress: kept.progress))
            run = ActiveRun(
                rows: kept.rows, details: run.details, planner: planner, serial: 1, rules: run.rules, now: now)
            guard let job = run.jobs.randomElement(using: &random) else { break }
            take(event(on: job, &run, &random))
            // What is over says nothing but that an old worker is to stop.
            if run.summary.state.isFinal { break }
        }
        guard run.summary.state.isFinal else { return }
        for job in run.jobs {
            take(event(on: job, &run, &random))
            #expect(run.jobs.allSatisfy { $0.lease.state.isFinal })
        }
    }

    private func event(
        on job: Job, _ run: inout ActiveRun, _ random: inout SplitMix
    ) -> [ActiveRun.Change] {
        let attempt = max(1, job.lease.attempt - (Int.random(in: 0...5, using: &random) == 0 ? 1 : 0))
        let step = job.steps.randomElement(using: &random) ?? ""
        let outcome: StepOutcome = Int.random(in: 0...4, using: &random) == 0 ? .failure : .success
        let report = StepReport(step: step, outcome: outcome, exitCode: outcome == .success ? 0 : 1, logBytes: 3)
        switch Int.random(in: 0...19, using: &random) {
        case 0...4:
            return run.claim(job.id, attempt: attempt, worker: "w\(Int.random(in: 1...3, using: &random))").changes
        case 5...6:
            return run.stepStarted(StepStarted(job: job.id, run: run.id, attempt: attempt, step: step, at: run.now))
        case 7...9:
            return run.stepFinished(StepFinished(job: job.id, run: run.id, attempt: attempt, report: report))
        case 10...12:
            let outcomes: [JobFinished.Outcome] = [.success, .failure, .cancelled, .released]
            return run.jobFinished(
                JobFinished(
                    job: job.id, run: run.id, attempt: attempt,
                    outcome: outcomes.randomElement(using: &random) ?? .success, reason: nil, steps: [report]))
        case 13...14: return run.expire(job.id).changes
        case 15...16: return run.turn(of: job.id, .dispatch)
        case 17: return run.turn(of: job.id, .hold)
        case 18: return run.turn(of: job.id, .superseded(by: "shop/web#9"))
        default: return Int.random(in: 0...3, using: &random) == 0 ? run.cancel(reason: "by hand") : []
        }
    }
}

/// SplitMix64: the same numbers for the same seed.
private struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

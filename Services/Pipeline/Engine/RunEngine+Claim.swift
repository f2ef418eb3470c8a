import Contracts
import PipelineLanguage
import Secrets
import Storage

extension RunEngine {
    /// Gives a job to a worker, or says why not.
    func claim(_ claim: JobClaim) async throws -> JobClaimReply {
        try await store.write { transaction in
            guard let job = try transaction.jobs.find(claim.job) else {
                return .refused(.init(code: .unknown, reason: "there is no job \(claim.job)"))
            }
            if let namespace = claim.namespace, let cluster = JobRouting.cluster(ofQueue: job.queue) {
                try learn(namespace, claim.cluster, of: cluster, in: transaction)
            }
            var reply = JobClaimReply.refused(.init(code: .cancelled, reason: "its run is over"))
            try update(job.run, in: transaction) { current in
                guard let index = current.index(of: job.id) else { return }
                reply = try decide(claim, index, current)
            }
            return reply
        }
    }

    private func decide(_ claim: JobClaim, _ index: Int, _ current: RunInProgress) throws -> JobClaimReply {
        let jobs = current.transaction.jobs
        let key = current.key(of: current.jobs[index])
        if let refusal = try fence(index, current) { return .refused(refusal) }
        let decision = current.jobs[index].lease.claim(
            attempt: claim.attempt, worker: claim.worker, now: current.now, lease: configuration.lease,
            timeLimit: .seconds(current.jobs[index].timeLimit))
        try jobs.update(current.jobs[index])
        switch decision {
        case .refused(let code, let reason): return .refused(.init(code: code, reason: reason))
        case .requeued:
            try current.tell { $0.jobReleased(key) }
            try current.follow(current.dispatch(index))
            let attempt = current.jobs[index].lease.attempt
            return .refused(.init(code: .newerAttempt, reason: "it was queued again as attempt \(attempt)"))
        case .gaveUp(let reason):
            let job = current.jobs[index]
            try current.tell { $0.jobFinished(key, outcome: .failure, reason: reason) }
            current.ended(job)
            return .refused(.init(code: .finished, reason: reason))
        case .granted:
            return .granted(try begin(index, current))
        }
    }

    /// Whether a queued rollout still may go: since it was offered its workload may have turned out to be the one of
    /// another rollout.
    private func fence(_ index: Int, _ current: RunInProgress) throws -> JobClaimReply.Refusal? {
        let job = current.jobs[index]
        guard job.lease.state == .queued, let workload = job.workload, let sequence = job.sequence else { return nil }
        let store = current.transaction.jobs
        let verdict = try store.rollouts(of: workload).admit(
            RolloutQueue.Rollout(job: job.id, run: job.run, sequence: sequence, state: .queued)
        ).verdict
        switch verdict {
        case .dispatch: return nil
        case .hold:
            try current.follow(current.dispatch(index))
            return .init(code: .taken, reason: "it waits for another rollout to \(workload) to end")
        case .superseded:
            try current.follow(current.dispatch(index))
            return .init(
                code: .superseded, reason: current.jobs[index].lease.reason ?? "a newer rollout took its place")
        }
    }

    private func begin(_ index: Int, _ current: RunInProgress) throws -> JobGrant {
        current.jobs[index].stuck = nil
        let job = current.jobs[index]
        let jobs = current.transaction.jobs
        try jobs.update(job)
        if let workload = job.workload, let sequence = job.sequence {
            try jobs.begin(workload, sequence: sequence, run: job.run)
        }
        try current.tell { $0.jobStarted(current.key(of: job)) }
        if current.summary.startedAt == nil {
            current.summary.startedAt = current.now
            current.summary.state = .running
            current.summary.reason = nil
            try current.transaction.emit(events.started(current.summary, current.details), run: job.run)
        }
        for step in current.steps.indices where current.isOf(job, current.steps[step]) {
            current.steps[step].job = job.id
            current.steps[step].attempt = job.lease.attempt
        }
        current.transaction.deadlinesChanged(self)
        return try grant(job, current)
    }

    private func grant(_ job: Job, _ current: RunInProgress) throws -> JobGrant {
        let tables = current.transaction
        let stage = current.planner.plan.stageToRun(job.stage)
        guard let commit = current.summary.commit else {
            throw StoreError(.corrupt, "the run \(job.run) was planned without a commit")
        }
        let repository = try tables.repositories.find(current.summary.repository)
        var variables = Self.variables(of: current.summary, commit, current.details, configuration)
        variables.cloneURL = repository?.cloneURL
        variables.startedAt = current.summary.startedAt
        variables.stageNumber = job.stage + 1
        variables.stageStartedAt = current.startOfStage(job.stage)
        let document = try JSONValue(encoding: stage)
        // What a stranger proposes sees no secret.
        let isTrusted = current.summary.event != .pullRequest
        let secrets = tables.secrets
        let names = SecretNames.all(in: document)
        return JobGrant(
            job: job.id, run: job.run, attempt: job.lease.attempt, leaseSeconds: configuration.leaseSeconds,
            timeoutSeconds: job.timeLimit, repository: current.summary.repository, commit: commit,
            ref: current.summary.ref, stage: document, steps: job.steps, outcomes: current.outcomes(before: job),
            failedStages: current.failedStages(beside: job.stage),
            outputs: current.outputs(for: job), environment: variables.environment(stage: stage),
            parameters: try ProcessCompiler.values(
                of: current.planner.plan.process, given: current.details.trigger.parameters),
            secrets: isTrusted
                ? try secrets.sealed(for: current.summary.repository).filter { names.contains($0.key) } : [:],
            registries: isTrusted ? try secrets.registries() : [:],
            source: try source(for: job, stage, current, cloneURL: repository?.cloneURL),
            sequence: job.sequence)
    }

    /// A rollout by a `deploy` block needs no source; commands may.
    private func source(
        for job: Job, _ stage: Stage, _ current: RunInProgress, cloneURL: String?
    ) throws -> SourceAccess? {
        let isRolloutOnly = job.steps.allSatisfy { stage.step($0)?.deploy != nil }
        guard let url = current.details.mirrorURL, !stage.clone.disable, !isRolloutOnly else { return nil }
        // A job waits for nothing once it is granted, but a builder may fetch late and again.
        let expiry = current.now.adding(.seconds(job.timeLimit)).adding(.seconds(300))
        let token = configuration.mirrorTokens.sign(current.summary.repository, until: expiry)
        return SourceAccess(
            url: url, token: try configuration.keys.seal(token, for: SecretPurpose.mirror), cloneURL: cloneURL)
    }
}

extension RunInProgress {
    /// Whether a step, or a service that runs beside it, is the job's.
    func isOf(_ job: Job, _ step: StepRecord) -> Bool {
        guard step.stage == job.stage else { return false }
        if step.kind == "service" { return job.kind == .build && step.state != .skipped }
        return job.steps.contains(step.name)
    }

    /// How the stage's steps of other jobs ended.
    func outcomes(before job: Job) -> [String: StepOutcome] {
        var outcomes: [String: StepOutcome] = [:]
        for step in steps where step.stage == job.stage && !job.steps.contains(step.name) && step.kind != "service" {
            switch planner.progress.state(of: step.name, stage: job.stage, in: planner.plan) {
            case .success: outcomes[step.name] = .success
            case .failure: outcomes[step.name] = .failure
            case .cancelled: outcomes[step.name] = .cancelled
            case .skipped: outcomes[step.name] = .skipped
            case .pending, .running, nil: break
            }
        }
        return outcomes
    }

    /// The other stages that have failed so far.
    func failedStages(beside stage: Int) -> [String] {
        stages.filter { $0.position != stage && $0.state == .failure }.map(\.name)
    }

    /// When the first step of a stage began; now, where none has.
    func startOfStage(_ stage: Int) -> Timestamp {
        steps.lazy.filter { $0.stage == stage }.compactMap(\.startedAt).min() ?? now
    }

    /// What steps have handed on: those of earlier stages too; the stage's own win.
    func outputs(for job: Job) -> [String: [String: String]] {
        var outputs: [String: [String: String]] = [:]
        for step in steps where step.stage != job.stage && !step.outputs.isEmpty { outputs[step.name] = step.outputs }
        for step in steps where step.stage == job.stage && !step.outputs.isEmpty { outputs[step.name] = step.outputs }
        return outputs
    }
}

extension RunProgress {
    fileprivate func state(of step: String, stage: Int, in plan: Plan) -> RunState? {
        guard stages.indices.contains(stage),
            let number = plan.stages[stage].steps.firstIndex(where: { $0.name == step })
        else { return nil }
        return stages[stage].steps[number].state
    }
}

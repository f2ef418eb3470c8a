import Contracts
import Measures
import Metrics

/// What the platform does by itself, in the audit log with the change.
extension Transaction {
    /// - Parameters:
    ///   - subject: what it was done to.
    ///   - origin: the worker or the service that it was done for.
    func audit(
        _ event: AuditEvent, of subject: String, for origin: String? = nil, in repository: RepositoryPath? = nil,
        run: RunID? = nil, before: JSONValue? = nil, after: JSONValue? = nil
    ) throws {
        try audits.add(
            AuditEntry(
                at: now, account: "the platform", via: "platform", origin: origin, operation: event.rawValue,
                subject: subject, repository: repository, run: run, before: before, after: after))
    }

    /// What a job is given: the names of secrets and logins, and that a rollout begins.
    func audit(_ grant: JobGrant, of job: Job, to worker: String) throws {
        let secrets = Set(grant.secrets.keys).union((grant.imageSecrets ?? [:]).keys)
        let logins = Set((grant.logins ?? [:]).keys)
        if !secrets.isEmpty || !logins.isEmpty {
            try audit(
                .useSecret, of: (secrets.sorted() + logins.sorted()).joined(separator: ", "), for: worker,
                in: grant.repository, run: job.run,
                after: job.audited(
                    attempt: grant.attempt, ["secrets": .texts(secrets.sorted()), "logins": .texts(logins.sorted())]))
        }
        if let environment = job.environment, job.kind == .rollout {
            try audit(
                .beginRollout, of: environment, for: worker, in: grant.repository, run: job.run,
                after: job.audited(attempt: grant.attempt))
        }
    }

    /// Writes a job, and where it is a rollout that its worker has no more, how it ended.
    /// - Parameter steps: those of its run.
    func save(_ job: Job, _ steps: [StepRecord]) throws {
        if let environment = job.environment, job.kind == .rollout, job.lease.state != .leased,
            let known = try jobs.find(job.id), known.lease.state == .leased
        {
            let step = steps.first(where: job.has)
            let outcome = job.lease.state.outcome(step?.state)
            if job.lease.state.isFinal, let step, let began = step.startedAt {
                let length = Duration.milliseconds((step.finishedAt ?? now).milliseconds - began.milliseconds)
                afterCommit { Measure.rolloutSeconds.timer(environment, outcome).record(duration: length) }
            }
            var facts: [String: JSONValue] = ["outcome": .string(outcome)]
            for (name, value) in step?.outputs ?? [:] { facts[name] = .string(value) }
            if let reason = job.lease.reason ?? step?.reason { facts["reason"] = .string(reason) }
            try audit(
                .endRollout, of: environment, for: known.lease.worker, in: job.repository, run: job.run,
                after: known.audited(attempt: known.lease.attempt, facts))
        }
        try jobs.update(job)
    }
}

extension JobLease.State {
    /// How the grant ended that a worker had.
    /// - Parameter step: where the rollout's step is.
    fileprivate func outcome(_ step: RunState?) -> String {
        switch self {
        case .cancelled, .superseded: rawValue
        // A worker that never began it reports the job alone.
        case .finished: step == .success || step == .cancelled ? step?.rawValue ?? "" : "failure"
        case .waiting, .held, .queued, .leased: "requeued"
        }
    }
}

extension Job {
    /// As entries of the audit log have it.
    fileprivate func audited(attempt: Int, _ facts: [String: JSONValue] = [:]) -> JSONValue {
        var about: [String: JSONValue] = [
            "job": .string(id.rawValue), "steps": .texts(steps), "attempt": .integer(Int64(attempt)),
        ]
        if kind == .rollout, let workload { about["workload"] = .string(workload) }
        return .object(about.merging(facts) { $1 })
    }
}

extension JSONValue {
    fileprivate static func texts(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }
}

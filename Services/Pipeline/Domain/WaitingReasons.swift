import Contracts

/// What the steps of a run wait for, in words: a wait without a reason looks like a fault.
struct WaitingReasons: Sendable, Equatable {
    /// The jobs of the run.
    var jobs: [Job]

    /// - Returns: `nil` for a step that does not wait.
    func of(_ step: StepRecord) -> String? {
        guard step.state == .pending else { return nil }
        let job = jobs.last { $0.stage == step.stage && $0.steps.contains(step.name) && !$0.lease.state.isFinal }
        guard let job else { return step.kind == "service" ? nil : "waits for earlier steps" }
        return words(for: job) ?? "waits for earlier steps of its job"
    }

    /// What the run as a whole waits for; `nil` where it does not, or where a job of it is under way.
    func ofRun(_ state: RunState) -> String? {
        let open = jobs.filter { !$0.lease.state.isFinal }
        guard !open.contains(where: { $0.lease.state == .leased }), let first = open.first else { return nil }
        return words(for: first)
    }

    private func words(for job: Job) -> String? {
        switch job.lease.state {
        case .held:
            let other = job.kind == .rollout ? "another rollout to" : "the job of another run with the step"
            return "waits for \(other) \(job.workload ?? "its workload") to end"
        case .queued:
            let worker = job.kind == .rollout ? "deployer" : "builder"
            let rerun = job.lease.attempt > 1 ? ", as attempt \(job.lease.attempt)" : ""
            return "waits for a \(worker) of the queue \(job.queue)\(rerun)"
        case .leased: return job.stuck
        case .finished, .cancelled, .superseded: return nil
        }
    }
}

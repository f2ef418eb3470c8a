import Contracts

/// What the steps of a run wait for, in words: a wait without a reason looks like a fault.
struct WaitingReasons: Sendable, Equatable {
    /// The jobs of the run.
    var jobs: [Job]
    /// The workers that are there.
    var workers: [Worker] = []
    /// How many jobs each of them has.
    var underWay: [Worker.Key: Int] = [:]
    /// Why no more jobs of its repository, or of all, may be at work now.
    var quota: String?

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
        case .waiting: return job.waits
        case .held:
            let other = job.kind == .rollout ? "another rollout to" : "the job of another run with the step"
            return "waits for \(other) \(job.workload ?? "its workload") to end"
        case .queued:
            let rerun = job.lease.attempt > 1 ? ", as attempt \(job.lease.attempt)" : ""
            let before = job.lease.reason.map { "; \($0)" } ?? ""
            return (quota ?? waitForWorker(job.scope)) + rerun + before
        case .leased: return job.stuck
        case .finished, .cancelled, .superseded: return nil
        }
    }

    private func waitForWorker(_ scope: WorkerScope) -> String {
        let kind = scope.cluster == nil ? "builder" : "deployer"
        let what = scope.cluster.map { "the cluster \($0)" } ?? scope.labelText
        let serving = workers.filter { $0.scope.takes(scope) }
        guard !serving.isEmpty else { return nobody(kind, what, scope) }
        let ready = serving.filter { $0.obstacle == nil }
        guard !ready.isEmpty else {
            let problems = serving.map { "\($0.name): \($0.obstacle ?? "")" }.sorted().joined(separator: "; ")
            return "no \(kind) that serves \(what) is ready: \(problems)"
        }
        let slots = ready.map(\.slots).reduce(0, +)
        guard ready.map({ underWay[$0.key] ?? 0 }).reduce(0, +) >= slots else { return "waits for a \(kind)" }
        return slots == 1
            ? "waits for a \(kind): the one that serves \(what) is at work"
            : "waits for a \(kind): all \(slots) slots that serve \(what) are taken"
    }

    private func nobody(_ kind: String, _ what: String, _ scope: WorkerScope) -> String {
        let others = workers.map(\.scope).filter { ($0.cluster == nil) == (scope.cluster == nil) }
        let here = others.filter { $0.pool == scope.pool }
        let list = Set(here.map { $0.cluster ?? $0.labelText }).sorted().joined(separator: ", ")
        let pool = scope.pool == WorkerScope.usualPool ? "" : " of the pool \(scope.pool)"
        return "no \(kind)\(pool) serves \(what); \(list.isEmpty ? "there are none" : "there are: \(list)")"
    }
}

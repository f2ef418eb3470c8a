import Contracts
import Kubernetes
import PipelineLanguage

/// Watches a rollout to its end: told what the cluster says, it answers what to do and when it is over.
///
/// Only the pods this rollout made count; those of the version before it may be in any state. Progress does not move
/// the deadline: pods that flap would do so for ever. It has succeeded once the cluster calls it complete, its pods run
/// what was rolled out and have shown that they stay up, and nobody else has changed the workload meanwhile.
struct RolloutWatch {
    private let kind: Workload.Kind
    private let applied: AppliedTemplate
    private let startedAt: ContinuousClock.Instant
    private let wallStart: Timestamp
    private let allowed: Duration
    private let patience: Patience
    /// Whether it is the undo of another: what was there before has shown that it stays up, and what is of another
    /// revision and not ready is in the way.
    private let isUndo: Bool
    /// Whether the workload had the image before.
    private let isUnchanged: Bool

    private var status = RolloutStatus.waiting("")
    private var running: RunningImage
    /// What the registry was asked about.
    private var asked: Set<String> = []
    private var pods: RolloutPods
    private var removed: Set<String> = []
    /// The revision whose pods were asked for.
    private var sought: String?
    private var lastLine = ""
    /// Whether the cluster was ever seen to be at it.
    private var wasUnderWay = false
    /// Why nothing is heard of the cluster: until it is, what was heard last proves nothing.
    private var away: [Source: String] = [:]
    private var replicaFailure: (text: String, since: ContinuousClock.Instant)?
    private var progress: (key: [Int], since: ContinuousClock.Instant)
    /// Since when all has been well.
    private var wellSince: ContinuousClock.Instant?
    /// How often each pod's containers had been started again when all was well for the first time.
    private var restarts: [String: Int]?
    private var toldStuck = false
    private(set) var isOver = false

    /// - Parameters:
    ///   - startedAt: When the rollout began; `wall` is the time of day of that moment.
    ///   - allowed: How long it may take in all.
    ///   - isUnchanged: Whether the rollout only wrote who it is, since the workload had the image.
    init(
        kind: Workload.Kind, applied: AppliedTemplate, startedAt: ContinuousClock.Instant, wall: Timestamp = .now,
        allowed: Duration, patience: Patience = Patience(), isUndo: Bool = false,
        isUnchanged: Bool = false
    ) {
        self.kind = kind
        self.applied = applied
        self.startedAt = startedAt
        wallStart = wall
        self.allowed = allowed
        self.patience = patience
        self.isUndo = isUndo
        self.isUnchanged = isUnchanged
        running = RunningImage(applied.image)
        pods = RolloutPods(kind: kind, applied: applied, needsRevision: isUnchanged)
        progress = ([], startedAt)
    }

    // MARK: - Hearing

    mutating func handle(_ event: Event, at now: ContinuousClock.Instant) -> [Action] {
        guard !isOver else { return [] }
        var actions: [Action] = []
        switch event {
        case .away, .compared, .revision, .tick: break
        case .workload, .workloadDeleted: away[.workload] = nil
        case .pods, .pod, .podDeleted: away[.pods] = nil
        }
        switch event {
        case .workload(let found): hear(found, now, &actions)
        case .workloadDeleted: end(Failure(reason: "the workload was deleted while it was rolled out"), &actions)
        case .pods(let all):
            pods.keep(Set(all.map(\.metadata.name)))
            for pod in all { update(pod, now, &actions) }
        case .pod(let pod): update(pod, now, &actions)
        case .podDeleted(let pod): pods.remove(pod)
        case .revision(let name, let hash):
            if name == sought { pods.found(hash) }
        case .compared(let found, let comparison):
            running.note(comparison, of: found)
            if case .unavailable(let reason) = comparison {
                actions.append(
                    .write("the registry does not tell whether \(found) is what was rolled out: \(reason)"))
            }
        case .away(let source, let reason):
            if away.isEmpty { actions.append(.write("\(reason); the rollout is watched on when that is over")) }
            away[source] = reason
            wellSince = nil
        case .tick: break
        }
        if !isOver { judge(now, &actions) }
        if !isOver, away.isEmpty { clearTheWay(now, &actions) }
        tellStuck(now, &actions)
        return actions
    }

    private mutating func hear(_ found: WorkloadObject, _ now: ContinuousClock.Instant, _ actions: inout [Action]) {
        pods.workload = found
        if let replacement = applied.replacement(in: found) {
            return end(Failure(reason: replacement, isReplaced: true), &actions)
        }
        if pods.needsRevision, kind == .deployment, found.isObserved, sought != found.revision {
            sought = found.revision
            actions.append(.findPods(revision: found.revision))
        }
        noteProgress(found, now)
        status = RolloutStatus(found, kind: kind, heedsDeadline: !isUndo)
        switch status {
        case .waiting(let line):
            wellSince = nil
            // What is written beside the template of a Deployment counts as a change of it, and replaces nothing.
            if found.isObserved || !isUnchanged {
                wasUnderWay = true
                note(line, &actions)
            }
            noteReplicaFailure(found, now, &actions)
        // What was waited for before is over.
        case .done: lastLine = ""
        case .failed(let reason): end(failure(reason), &actions)
        }
    }

    private mutating func noteProgress(_ workload: WorkloadObject, _ now: ContinuousClock.Instant) {
        let status = workload.status
        let key = [
            status?.replicas, status?.updatedReplicas, status?.readyReplicas, status?.availableReplicas,
            status?.updatedNumberScheduled, status?.numberAvailable,
        ].map { $0 ?? 0 }
        if key != progress.key { progress = (key, now) }
    }

    private mutating func noteReplicaFailure(
        _ workload: WorkloadObject, _ now: ContinuousClock.Instant, _ actions: inout [Action]
    ) {
        let condition = workload.status?.conditions?.first { $0.type == "ReplicaFailure" && $0.status == "True" }
        guard let condition else {
            replicaFailure = nil
            return
        }
        let text = "pods cannot be created: \(condition.message ?? condition.reason ?? "ReplicaFailure")"
        if replicaFailure == nil { actions.append(.write(text)) }
        replicaFailure = (text, replicaFailure?.since ?? now)
    }

    private mutating func update(_ pod: PodObject, _ now: ContinuousClock.Instant, _ actions: inout [Action]) {
        let line = pods.update(pod, at: now, wall: wallStart.adding(now - startedAt))
        if let line { actions.append(.write(line)) }
    }

    private mutating func note(_ line: String, _ actions: inout [Action]) {
        guard line != lastLine else { return }
        lastLine = line
        actions.append(.write(line))
    }

    // MARK: - Judging

    private var deadline: ContinuousClock.Instant { startedAt.advanced(by: allowed) }

    private mutating func judge(_ now: ContinuousClock.Instant, _ actions: inout [Action]) {
        guard away.isEmpty else {
            if now >= deadline { end(overdue(), &actions) }
            return
        }
        for known in pods.own {
            guard let trouble = known.trouble, let since = known.troubleSince else { continue }
            if trouble.isFinal || now >= since.advanced(by: trouble.patience * patience.factor) {
                return end(failure("pod \(trouble.pod): \(trouble.message)", worst: known), &actions)
            }
            if trouble.hasLog, restarts?[trouble.pod] != nil {
                let reason = "pod \(trouble.pod): \(trouble.message), after it had been well"
                return end(failure(reason, worst: known), &actions)
            }
        }
        if let replicaFailure, now >= replicaFailure.since.advanced(by: Patience.replicas * patience.factor) {
            return end(failure(replicaFailure.text), &actions)
        }
        if case .done(let line) = status, judgeEnd(line, now, &actions) || isOver { return }
        if now >= deadline { end(overdue(), &actions) }
    }

    /// The cluster calls it complete; whether it is a success as well.
    private mutating func judgeEnd(
        _ line: String, _ now: ContinuousClock.Instant, _ actions: inout [Action]
    ) -> Bool {
        guard let workload = pods.workload else { return false }
        var count = 0
        var isSettling = false
        for known in pods.own {
            switch running.verdict(on: known.pod, container: applied.container) {
            case .same: break
            case .unknown: continue
            case .ask(let found):
                if asked.insert(found).inserted { actions.append(.compare(running: found)) }
                continue
            case .other(let found):
                let reason =
                    "pod \(known.pod.metadata.name) runs another image than was rolled out: \(found) is not "
                    + (running.digest ?? "") + ", nor for a platform of it"
                end(failure(reason, worst: known), &actions)
                return false
            }
            if let before = restarts?[known.pod.metadata.name], known.pod.restarts > before {
                let reason = "pod \(known.pod.metadata.name) was started again after it had been well"
                end(failure(reason, worst: known), &actions)
                return false
            }
            guard known.pod.isReady, let steady = known.steady(after: patience.settle, isProven: isUndo) else {
                continue
            }
            if steady <= now { count += 1 } else { isSettling = true }
        }
        let expected = RolloutStatus.expectedPods(workload, kind: kind)
        guard count >= expected else {
            wellSince = nil
            if isSettling { note("all pods are ready; watching that they stay up", &actions) }
            return false
        }
        let since = wellSince ?? now
        if wellSince == nil, patience.soak > .zero {
            note("all is well; it has to stay so for \(patience.soak.components.seconds) s", &actions)
        }
        wellSince = since
        if restarts == nil {
            restarts = Dictionary(pods.own.map { ($0.pod.metadata.name, $0.pod.restarts) }, uniquingKeysWith: { $1 })
        }
        guard now >= since.advanced(by: patience.soak) else { return false }
        if expected == 0 { actions.append(.write("no pod is wanted, so none has shown that it runs")) }
        note(
            isUnchanged && !wasUnderWay ? "\(kind.rawValue)/\(workload.metadata.name) is well as it is" : line, &actions
        )
        isOver = true
        actions.append(.succeeded)
        return true
    }

    private func overdue() -> Failure {
        var reason = "the rollout did not come to its end within \(allowed.components.seconds) s"
        if let away = away.values.first {
            reason += "; the cluster is not heard: \(away)"
        } else if let worst = pods.troubled.first {
            reason += "; \(worst.description)"
        } else if let blocking = pods.blocking.first {
            reason += "; of another revision and in the way: \(blocking.description)"
        } else {
            if !lastLine.isEmpty { reason += "; \(lastLine)" }
            if let ending = pods.ending.first {
                reason += "; \(ending.description)"
            } else if let workload = pods.workload {
                let (wanted, made) = (RolloutStatus.expectedPods(workload, kind: kind), pods.own.count)
                if made < wanted { reason += "; \(made) of \(wanted) new pods have been made" }
            }
        }
        return failure(reason)
    }

    private func failure(_ reason: String, worst: ObservedPod? = nil) -> Failure {
        var reason = reason
        let others = pods.troubled.filter { $0.pod.metadata.name != worst?.pod.metadata.name }
        // What the cluster says of the whole is only half of it.
        if worst == nil, let first = others.first, !reason.contains(first.description) {
            reason += "; \(first.description)"
        }
        let suspects = ((worst.map { [$0] } ?? []) + others + pods.blocking + pods.ending).prefix(3).map { known in
            Failure.Suspect(
                pod: known.pod.metadata.name, uid: known.pod.metadata.uid, container: known.trouble?.container,
                hasLog: known.trouble?.hasLog ?? true, isOwn: pods.isOwn(known.pod), state: known.description)
        }
        return Failure(reason: reason, suspects: suspects)
    }

    private mutating func end(_ failure: Failure, _ actions: inout [Action]) {
        isOver = true
        actions.append(.failed(failure))
    }

    // MARK: - What is in the way

    private mutating func clearTheWay(_ now: ContinuousClock.Instant, _ actions: inout [Action]) {
        let isStill = now >= progress.since.advanced(by: patience.stillness * patience.factor)
        for known in pods.blocking where isUndo || isStill || known.willNotRun {
            guard removed.insert(known.pod.metadata.uid ?? known.pod.metadata.name).inserted else { continue }
            actions.append(
                .remove(pod: known.pod.metadata.name, uid: known.pod.metadata.uid, reason: known.description))
        }
    }

    private mutating func tellStuck(_ now: ContinuousClock.Instant, _ actions: inout [Action]) {
        guard !isOver else { return }
        var reason = pods.own.first { $0.trouble != nil }?.description ?? replicaFailure?.text
        if reason == nil, case .waiting(let line) = status,
            now >= progress.since.advanced(by: patience.stillness * patience.factor)
        {
            reason = "nothing has moved for a while: \(line)"
        }
        guard (reason != nil) != toldStuck else { return }
        toldStuck = reason != nil
        actions.append(.stuck(reason))
    }

    // MARK: - Time

    /// When to send a ``Event/tick`` at the latest.
    func nextTick(after now: ContinuousClock.Instant) -> ContinuousClock.Instant {
        var moments = [deadline, progress.since.advanced(by: patience.stillness * patience.factor)]
        for known in pods.own {
            if let since = known.troubleSince, let trouble = known.trouble {
                moments.append(since.advanced(by: trouble.patience * patience.factor))
            }
            if case .done = status, let steady = known.steady(after: patience.settle, isProven: isUndo) {
                moments.append(steady)
            }
        }
        if let replicaFailure {
            moments.append(replicaFailure.since.advanced(by: Patience.replicas * patience.factor))
        }
        if let wellSince { moments.append(wellSince.advanced(by: patience.soak)) }
        return moments.filter { $0 > now }.min() ?? deadline
    }
}

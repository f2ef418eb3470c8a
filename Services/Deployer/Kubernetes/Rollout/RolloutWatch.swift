import PipelineLanguage

/// Watches a rollout to its end: told what the cluster says, it answers what to write and when it is over.
///
/// Only the pods this rollout made count; those of the version before it may be in any state. Progress does not move
/// the deadline: pods that flap would do so for ever.
struct RolloutWatch {
    enum Event {
        case workload(WorkloadObject)
        case workloadDeleted
        /// All pods there are.
        case pods([PodObject])
        case pod(PodObject)
        case podDeleted(PodObject)
        case tick
    }

    enum Action: Equatable {
        case write(String)
        case succeeded
        case failed(Failure)
    }

    struct Failure: Equatable, Sendable {
        /// For people: what is wrong.
        var reason: String
        /// Whose events and last log may tell more.
        var suspect: Suspect?

        struct Suspect: Equatable, Sendable {
            var pod: String
            var container: String?
            /// Whether it ran, so that its last log may tell why.
            var hasLog: Bool
        }
    }

    private struct KnownPod {
        var pod: PodObject
        var trouble: PodTrouble?
        var troubleSince: ContinuousClock.Instant?
        var line = ""
    }

    private let kind: Workload.Kind
    /// What marks the pods of this rollout, an annotation of the template.
    private let mark: (key: String, value: String)
    private let deadline: ContinuousClock.Instant
    private let allowed: Duration
    /// Multiplies every patience; tests are less patient.
    private let patienceFactor: Double
    private var pods: [String: KnownPod] = [:]
    private var lastLine = ""
    private var replicaFailureSince: ContinuousClock.Instant?
    private var replicaFailure: String?
    private(set) var isOver = false

    /// - Parameter allowed: How long the rollout may take in all.
    init(
        kind: Workload.Kind, mark: (key: String, value: String), startedAt: ContinuousClock.Instant,
        allowed: Duration, patienceFactor: Double = 1
    ) {
        self.kind = kind
        self.mark = mark
        self.allowed = allowed
        self.patienceFactor = patienceFactor
        deadline = startedAt.advanced(by: allowed)
    }

    /// When to send a ``Event/tick`` at the latest.
    var nextTick: ContinuousClock.Instant {
        var next = deadline
        for known in pods.values {
            if let since = known.troubleSince, let trouble = known.trouble {
                next = min(next, since.advanced(by: trouble.patience * patienceFactor))
            }
        }
        if let replicaFailureSince {
            next = min(next, replicaFailureSince.advanced(by: Self.replicaPatience * patienceFactor))
        }
        return next
    }

    private static let replicaPatience = Duration.seconds(15)

    mutating func handle(_ event: Event, at now: ContinuousClock.Instant) -> [Action] {
        guard !isOver else { return [] }
        var actions: [Action] = []
        switch event {
        case .workload(let workload):
            switch RolloutStatus(workload, kind: kind) {
            case .waiting(let line):
                note(line, &actions)
                noteReplicaFailure(workload, now, &actions)
            case .done(let line):
                note(line, &actions)
                isOver = true
                return actions + [.succeeded]
            case .failed(let reason):
                return actions + [fail(reason)]
            }
        case .workloadDeleted:
            return [fail("the workload was deleted while it was rolled out")]
        case .pods(let all):
            let names = Set(all.map(\.metadata.name))
            for name in pods.keys where !names.contains(name) { pods[name] = nil }
            for pod in all { update(pod, now, &actions) }
        case .pod(let pod): update(pod, now, &actions)
        case .podDeleted(let pod): pods[pod.metadata.name] = nil
        case .tick: break
        }
        if let failure = judge(now) { actions.append(failure) }
        return actions
    }

    /// The pods of this rollout by name, as they were told last.
    var ownPods: [PodObject] { pods.values.map(\.pod).sorted { $0.metadata.name < $1.metadata.name } }

    private mutating func note(_ line: String, _ actions: inout [Action]) {
        guard line != lastLine else { return }
        lastLine = line
        actions.append(.write(line))
    }

    private mutating func noteReplicaFailure(
        _ workload: WorkloadObject, _ now: ContinuousClock.Instant, _ actions: inout [Action]
    ) {
        let condition = workload.status?.conditions?.first { $0.type == "ReplicaFailure" && $0.status == "True" }
        guard let condition else {
            replicaFailure = nil
            replicaFailureSince = nil
            return
        }
        let text = "pods cannot be created: \(condition.message ?? condition.reason ?? "ReplicaFailure")"
        if replicaFailure == nil {
            replicaFailureSince = now
            actions.append(.write(text))
        }
        replicaFailure = text
    }

    private mutating func update(_ pod: PodObject, _ now: ContinuousClock.Instant, _ actions: inout [Action]) {
        guard pod.metadata.annotations?[mark.key] == mark.value else { return }
        let name = pod.metadata.name
        let trouble = PodTrouble.find(in: pod)
        var known = pods[name] ?? KnownPod(pod: pod)
        known.pod = pod
        // The same trouble may go by several reasons in turn (ErrImagePull, ImagePullBackOff).
        if trouble?.code != known.trouble?.code { known.troubleSince = trouble == nil ? nil : now }
        // What was said in full once is not forgotten for a shorter word.
        if let old = known.trouble, let new = trouble, old.code == new.code, old.isFinal, !new.isFinal {
            known.trouble = old
        } else {
            known.trouble = trouble
        }
        let line = Self.line(pod, known.trouble)
        if line != known.line {
            known.line = line
            actions.append(.write(line))
        }
        pods[name] = known
    }

    private static func line(_ pod: PodObject, _ trouble: PodTrouble?) -> String {
        let name = "pod \(pod.metadata.name)"
        if let trouble { return "\(name): \(trouble.message)" }
        if pod.isBeingDeleted { return "\(name): is being ended" }
        if pod.isReady { return "\(name): ready" }
        switch pod.status?.phase {
        case "Running": return "\(name): running, not ready yet"
        case "Pending":
            return pod.spec?.nodeName.map { "\(name): starts on \($0)" } ?? "\(name): waits for a node"
        case "Failed":
            let reason = pod.status?.reason ?? "Failed"
            return "\(name): \(reason)\(pod.status?.message.map { ": \($0)" } ?? "")"
        case let phase: return "\(name): \(phase ?? "created")"
        }
    }

    private mutating func judge(_ now: ContinuousClock.Instant) -> Action? {
        for (_, known) in pods.sorted(by: { $0.key < $1.key }) {
            guard let trouble = known.trouble, let since = known.troubleSince else { continue }
            let lasted = now >= since.advanced(by: trouble.patience * patienceFactor)
            if trouble.isFinal || lasted { return fail("pod \(trouble.pod): \(trouble.message)", trouble) }
        }
        if let replicaFailure, let since = replicaFailureSince,
            now >= since.advanced(by: Self.replicaPatience * patienceFactor)
        {
            return fail(replicaFailure)
        }
        guard now >= deadline else { return nil }
        let worst = pods.values.compactMap(\.trouble).first
        let running = pods.values.first { !$0.pod.isReady && !$0.pod.isBeingDeleted }
        var reason = "the rollout did not come to its end within \(allowed.components.seconds) s"
        if let worst {
            reason += "; pod \(worst.pod): \(worst.message)"
        } else if let running {
            reason += "; \(running.line)"
        } else if !lastLine.isEmpty {
            reason += "; \(lastLine)"
        }
        let suspect = running.map { known in
            Failure.Suspect(
                pod: known.pod.metadata.name, container: known.trouble?.container,
                hasLog: known.trouble?.hasLog ?? true)
        }
        isOver = true
        return .failed(Failure(reason: reason, suspect: suspect))
    }

    private mutating func fail(_ reason: String, _ trouble: PodTrouble? = nil) -> Action {
        isOver = true
        let suspect = trouble.map { trouble in
            Failure.Suspect(pod: trouble.pod, container: trouble.container, hasLog: trouble.hasLog)
        }
        return .failed(Failure(reason: reason, suspect: suspect))
    }
}

import Contracts
import Kubernetes

/// A pod as a rollout has seen it so far.
struct ObservedPod {
    var pod: PodObject
    var trouble: PodTrouble?
    var troubleSince: ContinuousClock.Instant?
    var line = ""
    /// Since when each container has been running without being started again.
    private var starts: [String: (key: String, since: ContinuousClock.Instant)] = [:]

    init(_ pod: PodObject) {
        self.pod = pod
    }

    /// Older than this by the node's clock, a container counts as that old though nobody watched: the clocks of nodes
    /// and of this machine differ by less.
    private static let clockTolerance = Duration.seconds(60)

    /// - Parameter wall: What this machine's clock says `now`.
    mutating func update(_ pod: PodObject, at now: ContinuousClock.Instant, wall: Timestamp) {
        self.pod = pod
        for status in pod.status?.containerStatuses ?? [] {
            guard let running = status.state?.running else {
                starts[status.name] = nil
                continue
            }
            let key = "\(status.restartCount ?? 0) \(running.startedAt ?? "")"
            if starts[status.name]?.key == key { continue }
            var since = now
            if starts[status.name] == nil, let text = running.startedAt, let start = Timestamp(rfc3339: text) {
                let age = Duration.milliseconds(wall.milliseconds - start.milliseconds)
                if age > Self.clockTolerance { since = now.advanced(by: .zero - age) }
            }
            starts[status.name] = (key, since)
        }
        note(PodTrouble.find(in: pod), at: now)
    }

    private mutating func note(_ found: PodTrouble?, at now: ContinuousClock.Instant) {
        // The same trouble may go by several reasons in turn (ErrImagePull, ImagePullBackOff).
        if found?.code != trouble?.code { troubleSince = found == nil ? nil : now }
        // What was said in full once is not forgotten for a shorter word.
        if let old = trouble, let found, old.code == found.code, old.isFinal, !found.isFinal { return }
        trouble = found
    }

    /// Whether it is to serve: not being ended, and not a record of one that has.
    var isLive: Bool { !pod.isBeingDeleted && !pod.hasEnded }

    /// Whether it will not run as it is: one that ran and ended may yet come up again.
    var willNotRun: Bool { trouble.map { $0.isFinal || !$0.hasLog } ?? false }

    /// From when on all containers count as up to stay, or `nil` while one of them does not run. One with a probe that
    /// passed is up; one without, or one that was started again, shows it by running on.
    /// - Parameter isProven: Whether what it runs has shown that before.
    func steady(after settle: Duration, isProven: Bool = false) -> ContinuousClock.Instant? {
        var steady: ContinuousClock.Instant?
        for status in pod.status?.containerStatuses ?? [] {
            guard let start = starts[status.name] else { return nil }
            let container = pod.spec?.containers.first { $0.name == status.name }
            let hasProbe = isProven || container?.readinessProbe != nil || container?.startupProbe != nil
            let restarts = min(status.restartCount ?? 0, 2)
            let needed = hasProbe && restarts == 0 ? .zero : settle * (restarts + 1)
            let moment = start.since.advanced(by: needed)
            steady = max(steady ?? moment, moment)
        }
        return steady
    }

    /// The state in a line of the log.
    var description: String {
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
}

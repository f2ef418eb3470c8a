import Kubernetes

/// What keeps a pod from running, in words that say what to do.
struct PodTrouble: Sendable, Equatable {
    enum Code: String, Sendable, CaseIterable {
        case invalidImageName, imagePull, containerConfig, containerStart, crashLoop, outOfMemory, unschedulable
    }

    var code: Code
    var pod: String
    /// `nil` for the pod as a whole.
    var container: String?
    var message: String
    /// Whether waiting cannot help: the rollout has failed.
    var isFinal: Bool
    /// How long it may last before it counts as final.
    var patience: Duration
    /// Whether the container ran, so that its last log may tell why.
    var hasLog: Bool

    /// The worst trouble of a pod, or `nil` for one that is on its way.
    static func find(in pod: PodObject) -> PodTrouble? {
        guard !pod.isBeingDeleted else { return nil }
        let statuses = (pod.status?.initContainerStatuses ?? []) + (pod.status?.containerStatuses ?? [])
        let troubles = statuses.compactMap { trouble(of: $0, pod: pod.metadata.name) }
        if let worst = troubles.first(where: \.isFinal) ?? troubles.first { return worst }
        return unschedulable(pod)
    }

    private static func trouble(of status: PodObject.ContainerStatus, pod: String) -> PodTrouble? {
        let restarts = status.restartCount ?? 0
        let last = status.lastState?.terminated
        func trouble(
            _ code: Code, _ message: String, final: Bool = false, patience: Duration = .seconds(30), log: Bool = false
        ) -> PodTrouble {
            PodTrouble(
                code: code, pod: pod, container: status.name, message: "container \(status.name): \(message)",
                isFinal: final, patience: patience, hasLog: log)
        }
        if let waiting = status.state?.waiting {
            let detail = waiting.message.map { ": \($0)" } ?? ""
            switch waiting.reason {
            case "InvalidImageName":
                return trouble(.invalidImageName, "the image's name is not valid\(detail)", final: true)
            case "ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "RegistryUnavailable", "ImageInspectError":
                let final = waiting.reason == "ErrImageNeverPull" || Self.isLastingPullError(waiting.message ?? "")
                return trouble(
                    .imagePull, "the image cannot be pulled (\(waiting.reason ?? ""))\(detail)", final: final)
            case "CreateContainerConfigError":
                // A secret or config map that is missing may come a moment later.
                return trouble(
                    .containerConfig, "the container's configuration is not there\(detail)", patience: .seconds(15))
            case "CreateContainerError", "RunContainerError", "PreStartHookError", "PostStartHookError":
                return trouble(
                    .containerStart, "the container cannot be started (\(waiting.reason ?? ""))\(detail)",
                    final: restarts >= 2, patience: .seconds(15))
            case "CrashLoopBackOff":
                return crash(last, restarts, trouble)
            default:
                break
            }
        }
        if let ended = status.state?.terminated, ended.exitCode != 0 { return crash(ended, restarts, trouble) }
        return nil
    }

    private static func crash(
        _ ended: PodObject.ContainerState.Terminated?, _ restarts: Int,
        _ trouble: (Code, String, Bool, Duration, Bool) -> PodTrouble
    ) -> PodTrouble {
        // Twice may be a database that was not there yet; a third start that ends as well is the program.
        let final = restarts >= 2
        let times = restarts == 0 ? "it was started once" : "it was started \(restarts + 1) times"
        if ended?.reason == "OOMKilled" {
            return trouble(
                .outOfMemory, "killed for using more memory than its limit (OOMKilled); \(times)", final, .seconds(60),
                true)
        }
        if ended?.reason == "ContainerCannotRun" || ended?.reason == "StartError" {
            let detail = ended?.message.map { ": \($0)" } ?? ""
            return trouble(.containerStart, "the container cannot run\(detail)", final, .seconds(15), false)
        }
        let how = ended.map { $0.signal.map { "signal \($0)" } ?? "exit code \($0.exitCode)" } ?? "an error"
        return trouble(.crashLoop, "it ends with \(how) (CrashLoopBackOff); \(times)", final, .seconds(60), true)
    }

    private static func unschedulable(_ pod: PodObject) -> PodTrouble? {
        let condition = pod.status?.conditions?.first {
            $0.type == "PodScheduled" && $0.status == "False" && $0.reason == "Unschedulable"
        }
        guard let condition else { return nil }
        // A cluster that grows by itself needs this long for a node.
        return PodTrouble(
            code: .unschedulable, pod: pod.metadata.name, container: nil,
            message: "no node can take the pod: \(condition.message ?? "Unschedulable")", isFinal: false,
            patience: .seconds(90), hasLog: false)
    }

    /// Whether the registry said something that a repetition does not change.
    private static func isLastingPullError(_ message: String) -> Bool {
        let text = message.lowercased()
        return [
            "manifest unknown", "not found", "no such", "unauthorized", "denied", "authentication required",
            "no basic auth credentials", "invalid reference",
        ].contains { text.contains($0) }
    }
}

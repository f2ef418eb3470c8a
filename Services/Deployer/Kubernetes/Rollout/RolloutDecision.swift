import Contracts
import PipelineLanguage

/// What a rollout wants of a workload.
struct RolloutWish: Sendable {
    var workload: Workload
    var namespace: String
    var container: String
    var image: String
    /// Grows with every rollout of the workload; `nil` where nobody counts.
    var sequence: Int64?
    var job: JobID
    var run: RunID
    var commit: String
    var cause: String
}

/// The annotations Slipway keeps on what it rolls out.
enum RolloutAnnotation {
    /// On the workload: the number of the newest rollout. An older one does not go over it.
    static let sequence = "slipway.dev/sequence"
    static let run = "slipway.dev/run"
    /// On the workload and on its pods.
    static let commit = "slipway.dev/commit"
    /// On the pods: which rollout made them. It changes with every one, so that every rollout is a revision.
    static let rollout = "slipway.dev/rollout"
    static let cause = "kubernetes.io/change-cause"
    /// On the workload: the rollout that failed and was undone.
    static let undone = "slipway.dev/undone"
}

/// What to do with a workload as it is found.
enum RolloutDecision: Equatable {
    /// Change it by this strategic merge patch. It names the version that was read, so a change between fails.
    case patch(JSONValue)
    /// It is this rollout's already: a worker before this one changed it. Only watch.
    case resume
    case refuse(String)

    init(_ wish: RolloutWish, on workload: WorkloadObject) {
        let what = "\(wish.workload) in namespace \(wish.namespace)"
        let template = workload.spec.template
        let isInit = template.spec.initContainers?.contains { $0.name == wish.container } == true
        let containers = isInit ? template.spec.initContainers ?? [] : template.spec.containers
        guard let container = containers.first(where: { $0.name == wish.container }) else {
            let names = template.spec.containers.map(\.name).joined(separator: ", ")
            self = .refuse("\(what) has no container “\(wish.container)”; it has: \(names)")
            return
        }
        let annotations = workload.metadata.annotations ?? [:]
        let isOurs = template.metadata?.annotations?[RolloutAnnotation.rollout] == wish.job.rawValue
        if let sequence = wish.sequence, let text = annotations[RolloutAnnotation.sequence], let found = Int64(text) {
            if found > sequence {
                let run = annotations[RolloutAnnotation.run].map { " (run \($0))" } ?? ""
                self = .refuse("a newer rollout\(run) was put on \(what): number \(found), this one is \(sequence)")
                return
            }
            if annotations[RolloutAnnotation.undone] == wish.job.rawValue {
                self = .refuse("an earlier attempt of this rollout failed and was undone; see its log")
                return
            }
            if found == sequence, !isOurs {
                self = .refuse(
                    "\(what) was changed by another hand since this rollout began; run it again to roll out once more")
                return
            }
        }
        if isOurs {
            self =
                container.image == wish.image
                ? .resume
                : .refuse("the image of \(what) was changed by another hand since this rollout began")
            return
        }
        self = .patch(Self.patch(wish, isInit: isInit, version: workload.metadata.resourceVersion))
    }

    private static func patch(_ wish: RolloutWish, isInit: Bool, version: String?) -> JSONValue {
        var annotations: [String: JSONValue] = [
            RolloutAnnotation.run: .string(wish.run.rawValue), RolloutAnnotation.commit: .string(wish.commit),
            RolloutAnnotation.cause: .string(wish.cause),
        ]
        if let sequence = wish.sequence { annotations[RolloutAnnotation.sequence] = .string("\(sequence)") }
        var metadata: [String: JSONValue] = ["annotations": .object(annotations)]
        if let version { metadata["resourceVersion"] = .string(version) }
        let container: JSONValue = .object(["name": .string(wish.container), "image": .string(wish.image)])
        let pod: JSONValue = .object([
            "metadata": .object([
                "annotations": .object([
                    RolloutAnnotation.rollout: .string(wish.job.rawValue),
                    RolloutAnnotation.commit: .string(wish.commit),
                ])
            ]), "spec": .object([isInit ? "initContainers" : "containers": .array([container])]),
        ])
        return .object(["metadata": .object(metadata), "spec": .object(["template": pod])])
    }
}

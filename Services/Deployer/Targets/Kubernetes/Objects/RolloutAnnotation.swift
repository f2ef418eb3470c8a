/// The annotations Slipway keeps on what it rolls out.
enum RolloutAnnotation {
    /// On the workload: the number of the newest rollout. An older one does not go over it.
    static let sequence = "slipway.dev/sequence"
    static let run = "slipway.dev/run"
    /// On the workload: the same run as people know it, such as `shop/web#12`.
    static let runName = "slipway.dev/run-name"
    /// On the workload: the repository whose rollout was the newest.
    static let owner = "slipway.dev/owner"
    /// On the workload: the tag that was resolved to the image's digest.
    static let tag = "slipway.dev/tag"
    /// On the workload and on its pods.
    static let commit = "slipway.dev/commit"
    /// On the pods: which rollout made them. It changes with every one that changes the image, so that each of those
    /// is a revision. On the workload: the newest rollout, whether it changed anything or not.
    static let rollout = "slipway.dev/rollout"
    static let cause = "kubernetes.io/change-cause"
    /// On the workload: the rollout that failed and was undone.
    static let undone = "slipway.dev/undone"
    /// On the workload: what the newest rollout changed, as it was before; see `RolloutOrigin`.
    static let previous = "slipway.dev/previous"
}

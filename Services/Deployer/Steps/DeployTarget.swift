/// A cluster or host by the name pipelines give it.
struct DeployTarget: Sendable {
    /// `default`, or a name of `SLIPWAY_CLUSTERS`.
    var name: String
    /// `nil` for a host without a cluster.
    var kubernetes: KubernetesClient?
}

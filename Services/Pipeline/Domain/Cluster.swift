/// What deployers have said of a cluster.
struct Cluster: Sendable, Equatable {
    /// The first of the names the cluster goes by.
    var name: String
    /// Where workloads are whose steps name no namespace.
    var namespace: String?
}

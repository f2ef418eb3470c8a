/// What the platform lets a granted rollout do, for the deployer to hold it to: a step's texts are whole only there.
public struct RolloutPermit: Codable, Sendable, Equatable {
    public var environment: String
    /// Globs of the namespaces; if empty, the one of the cluster's configuration.
    public var namespaces: [String]
    /// Globs of the workloads, such as `deployment/web`.
    public var workloads: [String]
    /// Globs of the containers' names on a Docker host.
    public var containers: [String]
    public var allows: ContainerAllowances

    public init(
        environment: String, namespaces: [String] = [], workloads: [String] = [], containers: [String] = [],
        allows: ContainerAllowances = ContainerAllowances()
    ) {
        self.environment = environment
        self.namespaces = namespaces
        self.workloads = workloads
        self.containers = containers
        self.allows = allows
    }
}

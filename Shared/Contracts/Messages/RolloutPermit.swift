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
    /// What there already is that it may take.
    public var takes: Taking
    /// Where the result can be seen, for people.
    public var url: String?
    /// The repository whose own rules in the environment these are; `nil` where they are those for all.
    public var repository: RepositoryPath?

    /// What a rollout may take that bears no mark of its own repository.
    public enum Taking: String, Codable, Sendable, CaseIterable {
        /// Nothing: only what bears its repository's mark, or is made by it.
        case own
        /// A workload of a cluster that bears no mark: no other repository may roll out to it.
        case unmarked
        /// Whatever mark it bears: somebody gave it to the repository.
        case any
    }

    public init(
        environment: String, namespaces: [String] = [], workloads: [String] = [], containers: [String] = [],
        allows: ContainerAllowances = ContainerAllowances(), takes: Taking = .own,
        url: String? = nil, repository: RepositoryPath? = nil
    ) {
        self.environment = environment
        self.namespaces = namespaces
        self.workloads = workloads
        self.containers = containers
        self.allows = allows
        self.takes = takes
        self.url = url
        self.repository = repository
    }
}

/// `GET /api/v1/workers`: a builder, or a deployer with one of its clusters, as it announced itself.
public struct WorkerView: Codable, Sendable, Equatable {
    public enum Kind: String, Codable, Sendable, CaseIterable {
        case builder, deployer
    }

    public var name: String
    public var kind: Kind
    public var pool: String
    /// Of a deployer: the cluster or host that it rolls out to.
    public var cluster: String?
    /// Of a builder: what a stage's `node` has to ask for; empty for one that takes what asks for nothing.
    public var labels: [String]
    /// How many jobs it does at a time.
    public var slots: Int
    /// How many it does now.
    public var jobs: Int
    public var version: String
    public var isReady: Bool
    /// Who has it drained: it ends what it has and is given no more; absent where nobody has.
    public var drainedBy: String?
    /// Why it is not ready; absent where it is.
    public var problem: String?
    /// When it was started.
    public var since: Timestamp
    /// When it was last heard of.
    public var heardAt: Timestamp

    public init(
        name: String, kind: Kind, pool: String, cluster: String? = nil, labels: [String], slots: Int, jobs: Int,
        version: String, drainedBy: String? = nil, problem: String? = nil, since: Timestamp, heardAt: Timestamp
    ) {
        self.name = name
        self.kind = kind
        self.pool = pool
        self.cluster = cluster
        self.labels = labels
        self.slots = slots
        self.jobs = jobs
        self.version = version
        self.drainedBy = drainedBy
        isReady = problem == nil
        self.problem = problem
        self.since = since
        self.heardAt = heardAt
    }

    /// What it takes, in words.
    public var takes: String { cluster ?? (labels.isEmpty ? WorkerScope.usualLabel : labels.joined(separator: ",")) }
}

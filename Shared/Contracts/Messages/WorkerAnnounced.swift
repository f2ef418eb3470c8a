/// Which jobs a worker takes.
public struct WorkerScope: Codable, Sendable, Hashable {
    /// The builders or deployers it was started with.
    public var pool: String
    /// Of a deployer: the cluster or host that it rolls out to, without a dot; `nil` for a builder.
    public var cluster: String?
    /// Of a builder: what a stage's `node` has to ask for, sorted.
    public var labels: [String]

    /// - Parameter labels: in any order.
    public init(pool: String = WorkerScope.usualPool, cluster: String? = nil, labels: [String] = []) {
        self.pool = pool
        self.cluster = cluster
        self.labels = labels == [Self.usualLabel] ? [] : Set(labels).sorted()
    }

    /// Whether a worker that takes these jobs takes those. All deployers that a pool has for a cluster roll out to it.
    public func takes(_ jobs: WorkerScope) -> Bool {
        cluster == jobs.cluster && pool == jobs.pool && (cluster != nil || labels == jobs.labels)
    }

    /// Whether any platform gives such a worker the jobs that it takes, also one that does not look at this.
    public var isUsual: Bool { cluster != nil && pool == Self.usualPool || self == WorkerScope() }

    /// The cluster or host of a deployer as the whole platform knows it: that of a pool is no other pool's, whatever it is
    /// called. `nil` for a builder.
    public var place: String? { cluster.map { pool == Self.usualPool ? $0 : "\(pool).\($0)" } }

    /// The deployers of a place.
    public init(place: String) {
        let dot = place.lastIndex(of: ".")
        self.init(
            pool: dot.map { String(place[..<$0]) } ?? Self.usualPool,
            cluster: dot.map { String(place[place.index(after: $0)...]) } ?? place)
    }

    /// Whether a cluster or host may have this name.
    public static func isCluster(_ name: String) -> Bool {
        !name.isEmpty && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
    }

    /// Whether a pool may have this name: it is part of the name of a queue and of a login.
    public static func isPool(_ name: String) -> Bool {
        (1...100).contains(name.utf8.count)
            && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_-.".contains($0)) }
    }

    public static let usualPool = "default"
    /// The label of a builder that has no other.
    public static let usualLabel = "default"
}

/// A worker is there: worker → pipeline. Said at its start, when something of it changes, every 30 s, and when it leaves.
public struct WorkerAnnounced: Message {
    public var name: String
    /// Another one each time that it is started.
    public var life: String
    public var scope: WorkerScope
    /// How many jobs it does at a time.
    public var slots: Int
    public var version: String
    /// Why it is not ready; `nil` where it is.
    public var problem: String?
    /// Whether it ends and takes no more jobs.
    public var isLeaving: Bool
    /// The ids of the keys that it can open what is sealed with; `nil` from a worker of an earlier version.
    public var keys: [String]?
    /// Those of its earlier lives of which nothing goes on any more, the last of them; `nil` from a worker of an earlier
    /// version.
    public var ended: [String]?

    public init(
        name: String, life: String, scope: WorkerScope, slots: Int, version: String, problem: String? = nil,
        isLeaving: Bool = false, keys: [String]? = nil, ended: [String]? = nil
    ) {
        self.name = name
        self.life = life
        self.scope = scope
        self.slots = slots
        self.version = version
        self.problem = problem
        self.isLeaving = isLeaving
        self.keys = keys
        self.ended = ended
    }

    /// How often it is said while nothing changes.
    public static let interval = Duration.seconds(30)
}

public import Contracts

/// Who opens a sealed value. Each has its own key, which the platform derives from its own.
public struct SealAudience: Sendable, Hashable, CustomStringConvertible {
    /// Such as `sync`, `builder-gpu` and `deployer-production`; `deployer-payments.east` of a pool.
    public let name: String

    private init(_ name: String) {
        self.name = name
    }

    /// The platform itself: what it keeps.
    public static let platform = SealAudience("pipeline")
    public static let sync = SealAudience("sync")
    public static func builder(pool: String) -> SealAudience { SealAudience("builder-\(pool)") }
    public static func deployer(cluster: String) -> SealAudience { SealAudience("deployer-\(cluster)") }

    /// The workers that take these jobs: the builders of a pool, or the deployers of a cluster.
    public init(_ jobs: WorkerScope) {
        self = jobs.place.map { .deployer(cluster: $0) } ?? .builder(pool: jobs.pool)
    }

    /// Those that one file of keys is for.
    /// - Parameter name: such as `sync`, `builder-gpu`, and `deployer-east+west` of a deployer that serves two clusters.
    static func all(of name: String) -> [SealAudience] {
        guard name.hasPrefix("deployer-") else { return [SealAudience(name)] }
        let clusters = Set(name.dropFirst("deployer-".count).split(separator: "+"))
        return clusters.sorted().map { .deployer(cluster: String($0)) }
    }

    public var description: String { name }
}

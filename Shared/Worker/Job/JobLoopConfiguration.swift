public import Contracts
public import SystemPackage

/// How a worker works.
public struct JobLoopConfiguration: Sendable {
    /// The worker's name, unique among those that run; see ``WorkerIdentity``.
    public var worker: String
    /// This start of it.
    public var life = WorkerLife()
    /// Which jobs it takes.
    public var scope: WorkerScope
    /// Its version, for people.
    public var version = ""
    /// How many jobs at a time.
    public var slots: Int
    /// How long a job may go on after the worker was asked to shut down, before it is handed back.
    public var grace: Duration
    /// Of a cluster's deployer: where the workloads are whose steps name no namespace.
    public var namespace: String?
    /// Of a cluster's deployer: asks what tells the cluster from all others, each time a job is claimed.
    public var cluster: @Sendable () async -> String? = { nil }
    /// Why the worker is not ready, beside what its slots wait for.
    public var problem: @Sendable () async -> String? = { nil }
    public var logs: LogShipper.Configuration
    /// How long a slot may wait for what should come soon, such as a report's confirm, before it counts as stalled.
    public var patience: Duration = .seconds(120)

    /// - Parameter spool: A directory of the worker's own for logs the broker does not take yet; it is emptied at
    ///   the start.
    public init(
        worker: String, scope: WorkerScope = WorkerScope(), slots: Int, grace: Duration, namespace: String? = nil,
        spool: FilePath
    ) {
        self.worker = worker
        self.scope = scope
        self.slots = slots
        self.grace = grace
        self.namespace = namespace
        self.logs = LogShipper.Configuration(spool: spool)
    }
}

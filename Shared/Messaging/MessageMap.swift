public import AMQP
public import Contracts

/// The one table of Slipway's messages: which message goes through which exchange to which queue, from whom to whom.
/// Everything the broker holds is declared from it.
public enum MessageMap {
    /// Direct exchange of all work: the routing key is the queue's name.
    public static let work = "slipway"
    /// Fanout to every worker.
    public static let control = "slipway.control"
    /// Topic exchange of events for anyone.
    public static let events = CloudEvent.exchange

    public static let sync = Queue("slipway.sync")
    public static let pipeline = Queue("slipway.pipeline")
    public static let logs = Queue("slipway.logs", .bounded(bytes: 64 << 20))
    public static let requests = Queue("slipway.pipeline.rpc", .requests)
    public static let notifier = Queue("slipway.notifier", .events(bindings: ["#"]))
    public static let parked = Queue("slipway.parked", .parking)

    /// The queue of builders with these labels, such as `slipway.build.arm64.gpu`.
    public static func build(labels: [String]) -> Queue {
        Queue("slipway.build." + (labels.isEmpty ? "default" : labels.sorted().joined(separator: ".")))
    }

    /// The queue of the deployers of one cluster.
    public static func deploy(cluster: String) -> Queue {
        Queue("slipway.deploy.\(cluster)")
    }

    /// A message and its way.
    public struct Entry: Sendable {
        public var message: any Message.Type
        public var route: MessageRoute
        public var producers: [String]
        public var consumers: [String]
    }

    public static let table: [Entry] = [
        Entry(message: PushReceived.self, route: .queue(sync), producers: ["webhook-gateway"], consumers: ["sync"]),
        Entry(message: SyncRequested.self, route: .queue(sync), producers: ["pipeline"], consumers: ["sync"]),
        Entry(message: SourceSynced.self, route: .queue(pipeline), producers: ["sync"], consumers: ["pipeline"]),
        Entry(message: SyncFailed.self, route: .queue(pipeline), producers: ["sync"], consumers: ["pipeline"]),
        Entry(message: SyncDelayed.self, route: .queue(pipeline), producers: ["sync"], consumers: ["pipeline"]),
        Entry(message: BuildRequested.self, route: .chosen, producers: ["pipeline"], consumers: ["builder"]),
        Entry(message: RolloutRequested.self, route: .chosen, producers: ["pipeline"], consumers: ["deployer"]),
        Entry(
            message: JobClaim.self, route: .queue(requests), producers: ["builder", "deployer"],
            consumers: ["pipeline"]),
        Entry(
            message: HookInquiry.self, route: .queue(requests), producers: ["webhook-gateway"],
            consumers: ["pipeline"]),
        Entry(message: RepositoryLookup.self, route: .queue(requests), producers: ["sync"], consumers: ["pipeline"]),
        Entry(
            message: StepStarted.self, route: .queue(pipeline), producers: ["builder", "deployer"],
            consumers: ["pipeline"]),
        Entry(
            message: StepFinished.self, route: .queue(pipeline), producers: ["builder", "deployer"],
            consumers: ["pipeline"]),
        Entry(
            message: JobHeartbeat.self, route: .queue(pipeline), producers: ["builder", "deployer"],
            consumers: ["pipeline"]),
        Entry(
            message: JobFinished.self, route: .queue(pipeline), producers: ["builder", "deployer"],
            consumers: ["pipeline"]),
        Entry(
            message: LogChunk.self, route: .queue(logs), producers: ["builder", "deployer"], consumers: ["pipeline"]),
        Entry(
            message: JobCancelled.self, route: .fanout(control), producers: ["pipeline"],
            consumers: ["builder", "deployer"]),
    ]

    /// Where messages of this type go, or `nil` for a type that is not in the table.
    static func route(of message: any Message.Type) -> MessageRoute? {
        routes[ObjectIdentifier(message)]
    }

    private static let routes = Dictionary(
        table.map { (ObjectIdentifier($0.message), $0.route) }, uniquingKeysWith: { first, _ in first })

    /// The queues every service declares. Those of labels and clusters come with their workers.
    static let queues = [sync, pipeline, logs, requests, notifier, parked]

    /// What logs need of their broker, which may be another one than that of all other messages.
    public static var logTopology: Topology {
        var topology = Topology(exchanges: [Exchange(work, kind: .direct)], queues: [], bindings: [])
        logs.declare(in: &topology)
        for delay in RetryPolicy.delays { delay.declare(in: &topology) }
        return topology
    }

    /// All the exchanges, queues and bindings, with the queues of some workers.
    public static func topology(with workers: [Queue] = []) -> Topology {
        var topology = Topology(
            exchanges: [
                Exchange(work, kind: .direct), Exchange(control, kind: .fanout),
                Exchange(events, kind: .topic),
            ], queues: [], bindings: [])
        for queue in queues + workers { queue.declare(in: &topology) }
        for delay in RetryPolicy.delays { delay.declare(in: &topology) }
        return topology
    }
}

/// How messages of a type find their queue.
public enum MessageRoute: Sendable, Hashable {
    /// Through the work exchange to one queue.
    case queue(Queue)
    /// To everyone bound to a fanout exchange, which may be no one.
    case fanout(String)
    /// To a queue the sender chooses (by labels, by cluster).
    case chosen
}

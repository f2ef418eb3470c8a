public import AMQP
public import Contracts
import Text

/// The one table of Slipway's messages: which message goes through which exchange to which queue, from whom to whom.
/// Everything the broker holds is declared from it, and what each login may do there.
///
/// A queue is reached through an exchange that leads to nothing else, see ``exchange(of:)``.
public enum MessageMap {
    /// Where the broker puts what a queue gives up, on the way to ``parked``. Only `pipeline` may publish to it: earlier
    /// versions sent all work through it, and its bindings to all queues may still be there.
    static let deadLetters = "slipway"
    /// Fanout to every worker.
    public static let control = "slipway.control"
    /// Topic exchange of events for anyone.
    public static let events = CloudEvent.exchange

    public static let sync = Queue("slipway.sync")
    public static let pipeline = Queue("slipway.pipeline")
    public static let logs = Queue("slipway.logs", .bounded(bytes: 64 << 20))
    public static let requests = Queue("slipway.pipeline.rpc", .requests)
    /// The notifier's, which it makes itself: an installation may have none.
    public static let notifier = Queue(
        "slipway.notifier.events", .bus(bindings: ["#"], count: 100_000, bytes: 64 << 20))
    /// That of notifiers of an earlier version, which was always there and had no bound.
    public static let formerNotifier = Queue("slipway.notifier", .events(bindings: ["#"]))
    public static let parked = Queue("slipway.parked", .parking)

    /// The service that declares exchanges and shared queues, answers requests, and sends parked messages again.
    public static let platform = "pipeline"
    /// The services that emit ``events``, and which.
    static let emitters: [String: Set<EventType>] = [
        "sync": [.pushReceived, .sourceSynced, .sourceFailed],
        platform: [
            .pipelineRunQueued, .pipelineRunStarted, .pipelineRunFinished, .buildQueued, .pushMissed, .scheduleMissed,
            .scheduleFailed, .troubleBegan, .troubleEnded,
        ],
        "builder": [
            .taskRunStarted, .taskRunFinished, .buildStarted, .buildFinished, .artifactPackaged, .artifactPublished,
        ],
        "deployer": [.taskRunStarted, .taskRunFinished, .serviceDeployed, .serviceUpgraded, .serviceRolledBack],
    ]

    /// The exchange that messages for a queue are published to, by the queue's name as the routing key. Each queue has
    /// one, and so have the queues of all pools together, and those of all clusters: a permission to publish does not look
    /// at routing keys, so whoever may use an exchange reaches all that is bound to it.
    public static func exchange(of queue: String) -> String {
        for shared in ["slipway.build", "slipway.deploy"] where queue.hasPrefix("\(shared).") {
            return inserting("to", shared)
        }
        return ShortName.fit(inserting("to", queue))
    }

    /// The exchanges of all pools and of all clusters, by the service whose workers wait there.
    static let wakeExchanges = [
        "builder": build(pool: "default").exchange, "deployer": deploy(cluster: "default").exchange,
    ]

    /// `slipway.sync` as `slipway.<word>.sync`.
    static func inserting(_ word: String, _ name: String) -> String {
        "slipway.\(word)." + (name.hasPrefix("slipway.") ? name.dropFirst("slipway.".count) : name[...])
    }

    /// What wakes the builders of a pool, whatever their labels.
    public static func build(pool: String) -> Queue {
        Queue("slipway.build.\(pool)", .wakes)
    }

    /// What wakes the deployers of one cluster: `staging`, or `payments.staging` for those of another pool than the usual one.
    public static func deploy(cluster: String) -> Queue {
        Queue("slipway.deploy.\(cluster)", .wakes)
    }

    /// What wakes the workers that take these jobs.
    public static func wakes(of scope: WorkerScope) -> Queue {
        scope.place.map { deploy(cluster: $0) } ?? build(pool: scope.pool)
    }

    /// A message and its way.
    public struct Entry: Sendable {
        public var message: any Message.Type
        public var route: MessageRoute
        public var producers: [String]
        public var consumers: [String]

        /// The exchanges that its producers publish to.
        var exchanges: [String] {
            switch route {
            case .queue(let queue): [queue.exchange]
            case .fanout(let exchange): [exchange]
            case .wake: consumers.compactMap { MessageMap.wakeExchanges[$0] }
            }
        }
    }

    public static let table: [Entry] = [
        Entry(message: PushReceived.self, route: .queue(sync), producers: ["webhook-gateway"], consumers: ["sync"]),
        Entry(message: SyncRequested.self, route: .queue(sync), producers: ["pipeline"], consumers: ["sync"]),
        Entry(message: HeadsRequested.self, route: .queue(sync), producers: ["pipeline"], consumers: ["sync"]),
        Entry(message: HeadsListed.self, route: .queue(pipeline), producers: ["sync"], consumers: ["pipeline"]),
        Entry(message: SourceSynced.self, route: .queue(pipeline), producers: ["sync"], consumers: ["pipeline"]),
        Entry(message: SyncFailed.self, route: .queue(pipeline), producers: ["sync"], consumers: ["pipeline"]),
        Entry(message: SyncDelayed.self, route: .queue(pipeline), producers: ["sync"], consumers: ["pipeline"]),
        Entry(message: BuildRequested.self, route: .wake, producers: ["pipeline"], consumers: ["builder"]),
        Entry(message: RolloutRequested.self, route: .wake, producers: ["pipeline"], consumers: ["deployer"]),
        Entry(
            message: JobsWaiting.self, route: .fanout(control), producers: ["pipeline"],
            consumers: ["builder", "deployer"]),
        Entry(
            message: WorkerAnnounced.self, route: .queue(pipeline), producers: ["builder", "deployer"],
            consumers: ["pipeline"]),
        Entry(
            message: JobClaim.self, route: .queue(requests), producers: ["builder", "deployer"],
            consumers: ["pipeline"]),
        Entry(
            message: HookInquiry.self, route: .queue(requests), producers: ["webhook-gateway"],
            consumers: ["pipeline"]),
        Entry(
            message: PlatformInquiry.self, route: .queue(requests), producers: ["pipeline"], consumers: ["pipeline"]),
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
            message: PlatformBeat.self, route: .queue(pipeline), producers: ["pipeline"], consumers: ["pipeline"]),
        Entry(
            message: LogChunk.self, route: .queue(logs), producers: ["builder", "deployer"], consumers: ["pipeline"]),
        Entry(
            message: JobCancelled.self, route: .fanout(control), producers: ["pipeline"],
            consumers: ["builder", "deployer"]),
    ]

    /// The services that send messages of a type to a queue; `nil` for a type that is not in the table.
    static func producers(of type: String, in queue: Queue) -> Set<String>? {
        guard queue == notifier || queue == formerNotifier else { return producers[type] }
        let services = emitters.filter { $0.value.contains { $0.isVersion(of: type) } }.keys
        return services.isEmpty ? nil : Set(services)
    }

    /// Whether a service emits events of this type, in any version.
    public static func isEmitted(_ type: String) -> Bool { producers(of: type, in: notifier) != nil }

    /// Whether this version has messages of this type, wherever they go.
    static func isKnown(_ type: String) -> Bool { producers[type] != nil }

    private static let producers = Dictionary(table.map { ($0.message.type, Set($0.producers)) }) { $0.union($1) }

    /// Where messages of this type go, or `nil` for a type that is not in the table.
    static func route(of message: any Message.Type) -> MessageRoute? {
        routes[ObjectIdentifier(message)]
    }

    private static let routes = Dictionary(
        table.map { (ObjectIdentifier($0.message), $0.route) }, uniquingKeysWith: { first, _ in first })

    /// The queues that are there however many workers there are.
    static let queues = [sync, pipeline, logs, requests, notifier, parked]

    /// Whether a queue of this name has messages sent to it, so that one parked there can be sent again.
    public static func takesWork(_ queue: String) -> Bool {
        (queues + [formerNotifier]).contains { $0.name == queue && $0 != parked }
            || ["slipway.build.", "slipway.deploy."].contains { queue.hasPrefix($0) && queue.count > $0.count }
    }

    /// What logs need of their broker, which may be another one than that of all other messages.
    public static var logTopology: Topology {
        var topology = Topology(exchanges: [], queues: [], bindings: [])
        logs.declare(in: &topology)
        return topology
    }

    /// All the exchanges, queues and bindings, with the queues of some workers, and with the notifier's if it is among them.
    public static func topology(with workers: [Queue] = []) -> Topology {
        var topology = Topology(
            exchanges: [
                Exchange(deadLetters, kind: .direct), Exchange(control, kind: .fanout), Exchange(events, kind: .topic),
            ], queues: [], bindings: [Binding(queue: parked.name, exchange: deadLetters, routingKey: parked.name)])
        for queue in queues + workers.filter({ !queues.contains($0) }) { queue.declare(in: &topology) }
        for queue in workers where queue == notifier { queue.declareOwn(in: &topology) }
        return topology
    }

    /// What a service declares that may declare no more than what it consumes.
    public static func topology(consuming queues: [Queue]) -> Topology {
        var topology = Topology(exchanges: [], queues: [], bindings: [])
        for queue in queues { queue.declareOwn(in: &topology) }
        return topology
    }

    /// The queue that messages for one go to now.
    public static func successor(of queue: String) -> String {
        queue == formerNotifier.name ? notifier.name : queue
    }
}

/// How messages of a type find their queue.
public enum MessageRoute: Sendable, Hashable {
    /// Through its exchange to one queue.
    case queue(Queue)
    /// To everyone bound to a fanout exchange, which may be no one.
    case fanout(String)
    /// To a queue the sender chooses, by pool or by cluster. One that does not exist takes nothing, and that is no error:
    /// its workers ask for jobs when they come.
    case wake
}

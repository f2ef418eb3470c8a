import AMQP
public import Contracts

/// A login of the broker and what it may do there, as ``MessageMap`` has it: one for each service, and one for the builders
/// of each pool and the deployers of each cluster.
public struct BrokerUser: Sendable, Hashable {
    /// Patterns of the exchanges and queues that a login may declare, publish to or bind, and consume or bind to.
    public struct Permissions: Sendable, Hashable {
        public var configure: String
        public var write: String
        public var read: String
    }

    /// Such as `slipway-sync` and `slipway-builder-gpu`.
    public let name: String
    public let permissions: Permissions
    /// What RabbitMQ lets it see and change beside messages; nothing for most.
    public let tags: String
    /// The queues it consumes that are there only for its pool or its clusters.
    public let queues: [Queue]

    private init(_ name: String, _ permissions: Permissions, tags: String = "", queues: [Queue] = []) {
        self.name = Self.prefix + name
        self.permissions = permissions
        self.tags = tags
        self.queues = queues
    }

    private static let prefix = "slipway-"

    /// The service that a login is of; `nil` for one that is none's alone, as where all services share one.
    public static func service(of login: String) -> String? {
        guard login.hasPrefix(prefix) else { return nil }
        let name = login.dropFirst(prefix.count)
        return services.first { name == $0 } ?? pooled.first { name.hasPrefix("\($0)-") }
    }

    /// The queues that a login consumes.
    public static func queues(of login: String) -> [Queue] {
        guard let service = service(of: login) else { return [] }
        let part = login.dropFirst("\(prefix)\(service)-".count)
        return switch service {
        case "sync": [MessageMap.sync]
        case "notifier": [MessageMap.notifier, MessageMap.formerNotifier]
        case "builder": [MessageMap.build(pool: String(part))]
        case "deployer": part.split(separator: "+").map { MessageMap.deploy(cluster: String($0)) }
        case MessageMap.platform: [MessageMap.pipeline, MessageMap.logs, MessageMap.requests, MessageMap.parked]
        default: []
        }
    }

    /// Whether whoever has a login may be given these jobs: any that is not a service's own, as none is told apart then.
    public static func may(_ login: String, take jobs: WorkerScope) -> Bool {
        service(of: login) == nil || queues(of: login).contains(MessageMap.wakes(of: jobs))
    }

    private static let services = ["webhook-gateway", "sync", MessageMap.platform, "notifier"]
    private static let pooled = ["builder", "deployer"]

    /// All logins of an installation.
    /// - Parameters:
    ///   - pools: the pools of builders.
    ///   - clusters: what each deployer serves; its login is named after all of it, such as `slipway-deployer-east+west`, or
    ///     `slipway-deployer-payments.east` for one of the pool `payments`.
    public static func all(pools: [String], clusters: [[String]]) -> [BrokerUser] {
        services.map { $0 == MessageMap.platform ? platform : of($0) } + pools.map { of("builder", $0) }
            + clusters.map { of("deployer", $0.joined(separator: "+")) } + [reader("events"), operators]
    }

    /// Everything that is Slipway's, and the answers to requests.
    private static let platform = BrokerUser(
        MessageMap.platform,
        Permissions(
            configure: "^(slipway($|\\.)|cdevents$)", write: "^(slipway($|\\.)|cdevents$|amq\\.default$)",
            read: "^(slipway($|\\.)|cdevents$)"))

    /// Whoever looks after the broker.
    private static let operators = BrokerUser(
        "operator", Permissions(configure: ".*", write: ".*", read: ".*"), tags: "administrator")

    /// Who listens to events and can do nothing else: with a queue that the broker names, or one called `my-…`.
    static func reader(_ name: String) -> BrokerUser { BrokerUser(name, events) }

    /// What queues are called that a login may make itself: to listen to events, or to what is sent to all.
    static let ownQueues = "^(amq\\.gen|my-|slipway\\.subscription\\.)"

    static let nothing = Permissions(configure: "^$", write: "^$", read: "^$")

    static let events = Permissions(
        configure: "^(amq\\.gen|my-)", write: "^(amq\\.gen|my-)", read: "^(amq\\.gen|my-|cdevents$)")

    private static func of(_ service: String, _ part: String? = nil) -> BrokerUser {
        let name = [service, part].compactMap(\.self).joined(separator: "-")
        let queues = queues(of: prefix + name)
        var write = Set(MessageMap.table.filter { $0.producers.contains(service) }.flatMap(\.exchanges))
        if MessageMap.emitters[service] != nil { write.insert(MessageMap.events) }
        if !queues.isEmpty { write.insert(MessageMap.parked.exchange) }
        for queue in queues { write.insert(queue.again) }
        let heard = MessageMap.table.filter { $0.consumers.contains(service) }.compactMap { entry -> String? in
            if case .fanout(let exchange) = entry.route { exchange } else { nil }
        }
        let own = queues.map { escaped($0.name) }
        // Whoever makes a queue binds it: that is a write to the queue, and a read of what it is bound to.
        let bindings = queues.flatMap(\.ownBindings)
        let bound = Set(bindings.map(\.exchange)).map(escaped)
        let binding = Set(bindings.map(\.queue)).map(escaped)
        // The queue by which a fanout exchange is heard goes with the connection that made it.
        let passing = heard.isEmpty ? [] : ["slipway\\.subscription\\..*"]
        return BrokerUser(
            name,
            Permissions(
                configure: pattern(own + passing), write: pattern(write.map(escaped) + binding + passing),
                read: pattern(own + bound + passing + Set(heard).map(escaped))), queues: part == nil ? [] : queues)
    }

    private static func pattern(_ alternatives: [String]) -> String {
        "^(\(alternatives.sorted().joined(separator: "|")))$"
    }

    private static func escaped(_ name: String) -> String {
        var text = ""
        for character in name {
            if "\\.+*?()[]{}|^$".contains(character) { text += "\\" }
            text.append(character)
        }
        return text
    }
}

import AMQP

/// What RabbitMQ reads at its start (`load_definitions`): the logins, what each may do, and the exchanges and queues that
/// have to be there for those who may not declare them.
public struct BrokerDefinitions: Encodable, Sendable {
    var users: [User]
    var vhosts: [VirtualHost]
    var permissions: [Permission]
    var exchanges: [DeclaredExchange]
    var queues: [DeclaredQueue]
    var bindings: [DeclaredBinding]
    /// RabbitMQ wants them all.
    var topicPermissions: [Permission] = []
    var parameters: [Permission] = []
    var globalParameters: [Permission] = []
    var policies: [Policy]

    /// - Parameters:
    ///   - hash: the salted hash of a login's password, as RabbitMQ keeps it.
    ///   - former: logins of an earlier version, which may do nothing from now on and have no tag.
    public init(
        users: [BrokerUser], virtualHost: String, former: [String] = [], hash: (_ login: String) throws -> String
    ) rethrows {
        self.users =
            try users.map { User(name: $0.name, passwordHash: try hash($0.name), tags: $0.tags) }
            + former.map { User(name: $0, passwordHash: try hash($0), tags: "") }
        vhosts = [VirtualHost(name: virtualHost)]
        permissions =
            (users.map { ($0.name, $0.permissions) } + former.map { ($0, BrokerUser.nothing) }).map {
                name, permissions in
                Permission(
                    user: name, vhost: virtualHost, configure: permissions.configure, write: permissions.write,
                    read: permissions.read)
            }
        let topology = MessageMap.topology(with: users.flatMap(\.queues))
        exchanges = topology.exchanges.map {
            DeclaredExchange(
                name: $0.name, vhost: virtualHost, type: $0.kind.rawValue, durable: $0.durable,
                autoDelete: $0.autoDelete)
        }
        queues = topology.queues.map {
            DeclaredQueue(
                name: $0.name, vhost: virtualHost, durable: $0.durable, autoDelete: $0.autoDelete,
                arguments: $0.arguments.mapValues(Argument.init))
        }
        bindings = topology.bindings.map {
            DeclaredBinding(source: $0.exchange, vhost: virtualHost, destination: $0.queue, routingKey: $0.routingKey)
        }
        policies = [.ownQueues(virtualHost), .unheardEvents(virtualHost), .returns(virtualHost)]
    }

    enum CodingKeys: String, CodingKey {
        case users, vhosts, permissions, exchanges, queues, bindings, parameters, policies
        case topicPermissions = "topic_permissions"
        case globalParameters = "global_parameters"
    }

    struct User: Encodable, Sendable {
        var name: String
        var passwordHash: String
        var hashingAlgorithm = "rabbit_password_hashing_sha256"
        var tags: String

        enum CodingKeys: String, CodingKey {
            case name, tags
            case passwordHash = "password_hash"
            case hashingAlgorithm = "hashing_algorithm"
        }
    }

    struct VirtualHost: Encodable, Sendable {
        var name: String
    }

    struct Permission: Encodable, Sendable {
        var user, vhost, configure, write, read: String
    }

    /// Bounds queues whose arguments say nothing of it: those of a queue that exists can never be changed.
    struct Policy: Encodable, Sendable {
        var name, vhost, pattern: String
        let applyTo = "queues"
        let priority = 1
        var definition: Definition

        /// How long events are kept that nobody takes, in milliseconds: as long as people may be away.
        private static let week = 7 * 86_400_000

        /// The queues that logins make by names of their own: nobody looks after those, and a full disk stops everybody.
        static func ownQueues(_ virtualHost: String) -> Policy {
            Policy(
                name: "slipway-own-queues", vhost: virtualHost, pattern: BrokerUser.ownQueues,
                definition: Definition(maxLength: 64 << 20, overflow: "drop-head", expires: week))
        }

        /// The notifier's: an installation may have none. What gets too old goes to the parking queue, where `pipeline` counts
        /// it and lets it go.
        static func unheardEvents(_ virtualHost: String) -> Policy {
            let name = MessageMap.notifier.name.replacing(".", with: "\\.")
            return Policy(
                name: "slipway-unheard-events", vhost: virtualHost, pattern: "^\(name)$",
                definition: Definition(timeToLive: week))
        }

        /// The queues that give nothing up and state no limit, since they were made before RabbitMQ 4 set one of 20 returns.
        static func returns(_ virtualHost: String) -> Policy {
            let names = MessageMap.queues.filter { $0.declaration.returnLimit != nil }.map {
                $0.name.replacing(".", with: "\\.")
            }
            return Policy(
                name: "slipway-returns", vhost: virtualHost, pattern: "^(\(names.joined(separator: "|")))$",
                definition: Definition(deliveryLimit: Queue.unlimited))
        }

        struct Definition: Encodable, Sendable {
            /// In bytes.
            var maxLength: Int?
            var overflow: String?
            /// How long a queue is kept that nobody uses, in milliseconds.
            var expires: Int?
            /// How long a message is kept, in milliseconds.
            var timeToLive: Int?
            /// How often a message may come back.
            var deliveryLimit: Int64?

            enum CodingKeys: String, CodingKey {
                case overflow, expires
                case deliveryLimit = "delivery-limit"
                case maxLength = "max-length-bytes"
                case timeToLive = "message-ttl"
            }
        }

        enum CodingKeys: String, CodingKey {
            case name, vhost, pattern, priority, definition
            case applyTo = "apply-to"
        }
    }

    struct DeclaredExchange: Encodable, Sendable {
        var name, vhost, type: String
        var durable, autoDelete: Bool
        var isInternal = false
        var arguments: [String: String] = [:]

        enum CodingKeys: String, CodingKey {
            case name, vhost, type, durable, arguments
            case autoDelete = "auto_delete"
            case isInternal = "internal"
        }
    }

    struct DeclaredQueue: Encodable, Sendable {
        var name, vhost: String
        var durable, autoDelete: Bool
        var arguments: [String: Argument]

        enum CodingKeys: String, CodingKey {
            case name, vhost, durable, arguments
            case autoDelete = "auto_delete"
        }
    }

    struct DeclaredBinding: Encodable, Sendable {
        var source, vhost, destination: String
        var destinationType = "queue"
        var routingKey: String
        var arguments: [String: String] = [:]

        enum CodingKeys: String, CodingKey {
            case source, vhost, destination, arguments
            case destinationType = "destination_type"
            case routingKey = "routing_key"
        }
    }

    /// An argument of a queue: those of ``Queue`` are texts and whole numbers.
    struct Argument: Encodable, Sendable {
        let value: HeaderValue

        init(_ value: HeaderValue) { self.value = value }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            if let number = value.integer { try container.encode(number) } else { try container.encode(value.string) }
        }
    }
}

public import AMQP
public import Contracts

/// The login under which a service speaks to the broker, and the senders that it takes messages from.
///
/// RabbitMQ checks that a message bears the login of whoever publishes it, if it bears one. A message that is sent again
/// bears the login of whoever does that, and the first one in ``Header/sender``; that header is believed from the
/// consumer's own login, which sent the message to itself, and from `pipeline`, which sends parked messages again.
public struct BrokerLogin: Sendable, Hashable {
    public let name: String
    /// Whether it is one service's login, so that other services are told apart by theirs.
    public let isOwn: Bool
    /// Until when messages without a login are taken: earlier versions send such.
    var unsignedUntil: Timestamp?

    public init(name: String) {
        self.name = name
        isOwn = BrokerUser.service(of: name) != nil
    }

    /// The sender of a message that bears no login, where such messages are taken.
    public static let earlier = "an earlier version"

    /// The sender of a message that bears no login, where such messages are not taken.
    public static let unknown = ""

    /// What is said of a message that is parked for want of a login.
    public static let unsigned = "it bears no login"

    /// Whether messages of earlier versions, which bear no login, are taken.
    public func takesUnsigned(now: Timestamp = .now) -> Bool { unsignedUntil.map { now < $0 } ?? false }

    /// The login that sent a message first.
    func sender(of message: IncomingMessage) -> String {
        message.sender { $0 == name } ?? (takesUnsigned() ? Self.earlier : Self.unknown)
    }

    /// Why a message is not taken, judged by its sender and its type; `nil` where it is.
    func refusal(of message: IncomingMessage, in queue: Queue) -> String? {
        // What is parked may be anyone's.
        guard isOwn, queue.kind != .parking else { return nil }
        let sender = sender(of: message)
        guard sender != Self.earlier else { return nil }
        guard sender != Self.unknown else {
            return "\(Self.unsigned), so that nobody can tell who sent it: update the service that sends it"
        }
        let type = message.properties.type ?? "none"
        // A type that nobody sends is refused by whoever looks for its handler.
        guard let producers = MessageMap.producers(of: type, in: queue) else { return nil }
        guard let service = BrokerUser.service(of: sender), producers.contains(service) else {
            return "“\(type)” is not taken from the login \(sender): it is sent by "
                + producers.sorted().joined(separator: " and ")
        }
        return nil
    }
}

extension IncomingMessage {
    /// - Parameter isTrusted: whether a login, beside that of `pipeline`, is believed who sent it first.
    /// - Returns: `nil` where it bears no login.
    fileprivate func sender(isTrusted: (_ login: String) -> Bool) -> String? {
        guard let login = properties.userID else { return nil }
        let isBelieved = isTrusted(login) || BrokerUser.service(of: login) == MessageMap.platform
        return isBelieved ? properties.headers[Header.sender]?.string ?? login : login
    }

    /// On a parked message: the login that sent it first, as far as whoever parked it is believed, that is for its own
    /// queue. Of one without a login it is `nil` where the broker itself parked it, or an earlier version, to whose exchange
    /// no other login may publish, and ``BrokerLogin/unknown`` elsewhere: whoever may park could leave out its login.
    public var parkedSender: String? {
        guard isSigned else { return exchange == MessageMap.deadLetters ? nil : BrokerLogin.unknown }
        return sender { login in BrokerUser.queues(of: login).contains { $0.name == parkedQueue } }
    }

    /// Whether it bears a login, as all do but those of earlier versions.
    public var isSigned: Bool { properties.userID != nil }
}

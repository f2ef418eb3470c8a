import Contracts
import Messaging

/// A message that could not be handled, with what is needed to send it again.
struct DeadLetter: Sendable, Equatable {
    var id: MessageID
    /// Where it could not be handled.
    var queue: String
    var type: String
    var version: Int
    var run: RunID?
    var contentType: String
    var reason: String
    var body: String
    var parkedAt: Timestamp
    /// The login of the broker that sent it first, by which it is judged when it is sent again; `BrokerLogin.unknown` where
    /// nobody can tell. `nil` of one that was parked where no sender was checked: by an earlier version, or with a shared
    /// login.
    var sender: String?

    /// How long what is kept of it is, about.
    var bytes: Int { body.utf8.count + reason.utf8.count }

    /// How many are kept of one sender, and how long they may be together, in bytes: nobody fills the disk, nor takes the
    /// place of what others sent.
    static let limit = (count: 10_000, bytes: 256 << 20)

    var view: DeadLetterView {
        DeadLetterView(id: id, queue: queue, type: type, reason: reason, body: body, parkedAt: parkedAt)
    }

    /// The same message for the queue it came from.
    var resent: PreparedMessage {
        let queue = MessageMap.successor(of: queue)
        return PreparedMessage(
            id: id, type: type, version: version, exchange: MessageMap.exchange(of: queue), routingKey: queue,
            contentType: contentType, body: body, run: run, sender: sender ?? BrokerLogin.earlier)
    }
}

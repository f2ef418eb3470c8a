public import AMQP
public import Contracts
import FoundationEssentials

/// How a service sends messages: routed by ``MessageMap``, persistent, mandatory and confirmed.
public struct Bus: Sendable {
    /// The service that sends, for errors and events.
    public let service: String
    let broker: Broker
    /// What the broker knows it as.
    public private(set) var login: BrokerLogin

    public init(broker: Broker, service: String) {
        self.broker = broker
        self.service = service
        login = BrokerLogin(name: broker.username)
    }

    /// The same, which until then takes what earlier versions send, without a login. Nobody can tell who sent that.
    public func takingUnsigned(until moment: Timestamp?) -> Bus {
        var bus = self
        bus.login.unsignedUntil = moment
        return bus
    }

    /// Sends a message; returns once a quorum of the broker holds it.
    /// - Parameters:
    ///   - queue: for a type whose sender chooses the queue; else ``MessageMap`` says it.
    ///   - id: give the same one to send the same message again.
    /// - Throws: `AMQPError`; after `indeterminate` or `timedOut` the message may or may not have arrived.
    public func send(
        _ message: some Message, to queue: Queue? = nil, id: MessageID = .make(), run: RunID? = nil,
        timeout: Duration = .seconds(30)
    ) async throws {
        try await publish(PreparedMessage(message, to: queue, id: id, run: run), timeout: timeout)
    }

    /// Publishes a prepared message; returns once it is confirmed.
    /// - Parameter timeout: until the broker has confirmed it.
    /// - Throws: `AMQPError`: `indeterminate` where it was sent and may be stored or not.
    public func publish(_ message: PreparedMessage, timeout: Duration = .seconds(30)) async throws(AMQPError) {
        try await broker.publish(message.outgoing, timeout: timeout)
    }

    /// Publishes messages together.
    public func publish(_ publications: [Publication]) {
        broker.publish(publications)
    }

    /// Asks and waits for the answer.
    /// - Throws: `AMQPError` where there is none in time, the `Problem` the other side answered with, or
    ///   ``MessagingError`` where its answer is not understood.
    public func call<R: Request>(_ request: R, timeout: Duration = .seconds(10)) async throws -> R.Reply {
        let prepared = try PreparedMessage(request)
        let reply = try await broker.call(prepared.outgoing, timeout: timeout)
        do {
            if reply.properties.type == Reply.problem {
                throw try Wire.decode(Problem.self, from: Data(reply.body))
            }
            return try Wire.decode(R.Reply.self, from: Data(reply.body))
        } catch let error as WireError {
            throw MessagingError(.malformedReply, "the answer to \(R.type) is not understood: \(error)")
        }
    }
}

/// The `type` property of an answer.
enum Reply {
    static let value = "Reply"
    static let problem = "Problem"
}

public import Logging

/// A message broker: connections to publish, to consume and to call by, behind one value.
public final class Broker: Sendable {
    private let logger: Logger

    public init(_ configuration: BrokerConfiguration, topology: Topology = Topology(), logger: Logger) {
        self.logger = logger
    }

    /// Connects and stays connected until the task is cancelled; then closes the connections in order.
    ///
    /// - Throws: An ``AMQPError`` that waiting does not mend, met before the first connection stood: a wrong password,
    ///   a topology that conflicts with what exists, a certificate that cannot be read.
    public func run() async throws {
    }

    /// Publishes a message and returns when the broker has taken responsibility for it.
    ///
    /// A message whose confirm is lost with its connection is sent again, under the same id, until the timeout.
    ///
    /// - Parameter timeout: For the whole, waiting for a connection and for room in the window included.
    /// - Throws: `unroutable`, `nacked`, `tooLarge`, or what became of the connection: `unreachable`, `blocked`,
    ///   `timedOut` (never sent), `indeterminate` (sent, fate unknown); `notFound` for an exchange that does not exist.
    public func publish(_ message: OutgoingMessage, timeout: Duration = .seconds(30)) async throws(AMQPError) {
        throw AMQPError(.closed, "not running")
    }

    /// The deliveries of a queue of the topology, or of one that exists.
    ///
    /// - Parameter prefetch: How many deliveries may be unsettled, 1 to 65,535.
    public func deliveries(of queue: String, prefetch: Int) -> Deliveries {
        Deliveries()
    }

    /// What is published to an exchange from now on, by way of a queue of its own that goes with the consumer.
    ///
    /// What is published while the connection is down is missed.
    public func subscribe(exchange: String, routingKeys: [String], prefetch: Int) -> Deliveries {
        Deliveries()
    }

    /// Sends a request and returns the reply to it, by the broker's direct reply-to.
    ///
    /// The request's `replyTo` and `correlationID` are replaced; the one who answers publishes to the default exchange
    /// with the routing key `replyTo` and the same correlation id. A request whose connection is lost is sent again
    /// under the same message id: handling one twice must do no harm.
    ///
    /// - Throws: `unroutable` when nobody answers requests of this kind, `timedOut`, or as ``publish(_:timeout:)``.
    public func call(
        _ request: OutgoingMessage, timeout: Duration = .seconds(10)
    ) async throws(AMQPError) -> IncomingMessage {
        throw AMQPError(.closed, "not running")
    }

    public var status: Status {
        get async { .closed }
    }
}

public import Logging
import Synchronization

/// A message broker: connections to publish, to consume and to call by, behind one value.
///
/// Nothing happens before ``run()``; what is asked for earlier waits for it.
public final class Broker: Sendable {
    let configuration: BrokerConfiguration
    let topology: Topology
    let logger: Logger
    let board = StatusBoard()
    let connector: Connector
    let publisher: Publisher
    let subscriber: Subscriber
    private let identifiers = Atomic<UInt64>(0)
    let hasRun = Atomic<Bool>(false)

    public init(_ configuration: BrokerConfiguration, topology: Topology = Topology(), logger: Logger) {
        self.configuration = configuration
        self.topology = topology
        self.logger = logger
        connector = Connector(configuration)
        publisher = Publisher(configuration, board: board)
        subscriber = Subscriber(configuration, topology: topology, board: board)
    }

    /// The login of its connections.
    public var username: String { configuration.username }

    /// Publishes a message and returns when the broker has taken responsibility for it.
    ///
    /// A message whose confirm is lost with its connection is sent again, under the same id, until the timeout.
    ///
    /// - Parameter timeout: For the whole, waiting for a connection and for room in the window included.
    /// - Throws: `unroutable`, `nacked`, `tooLarge`, `notFound` for an exchange that does not exist, or what the
    ///   timeout found: why there is no connection (`unreachable`, `authentication`, …), `blocked`, `timedOut` (never
    ///   sent), `indeterminate` (sent, fate unknown).
    public func publish(_ message: OutgoingMessage, timeout: Duration = .seconds(30)) async throws(AMQPError) {
        var message = message
        if message.properties.messageID == nil { message.properties.messageID = RandomName.make() }
        try message.validate(configuration.maximumBodySize)
        let result: Result<Void, AMQPError> = await send(message, timeout, Outgoing.Waiter.confirm)
        try result.get()
    }

    /// Publishes messages as ``publish(_:timeout:)`` does. Together they cost the connection's thread, and the broker,
    /// less than one by one.
    public func publish(_ publications: [Publication]) {
        var commands: [Publisher.Command] = []
        commands.reserveCapacity(publications.count)
        for publication in publications {
            do throws(AMQPError) {
                try publication.outgoing.message.validate(configuration.maximumBodySize)
                commands.append(.send(publication.outgoing))
            } catch {
                publication.outgoing.failed(error)
            }
        }
        guard let error = publisher.inbox.post(commands) else { return }
        for case .send(let outgoing) in commands { outgoing.failed(error) }
    }

    /// Sends a request and returns the reply to it, by the broker's direct reply-to.
    ///
    /// The request's `replyTo` and `correlationID` are replaced; the one who answers publishes to the default exchange
    /// with the routing key `replyTo` and the same correlation id. A request whose connection is lost is sent again
    /// under the same message id: handling one twice must do no harm. It waits in its queue no longer than its sender does.
    ///
    /// - Throws: `unroutable` when nobody answers requests of this kind, `timedOut` when no reply came, or as
    ///   ``publish(_:timeout:)``.
    public func call(
        _ request: OutgoingMessage, timeout: Duration = .seconds(10)
    ) async throws(AMQPError) -> IncomingMessage {
        var request = request
        if request.properties.messageID == nil { request.properties.messageID = RandomName.make() }
        request.properties.correlationID = RandomName.make()
        request.properties.replyTo = Publisher.replyQueue
        request.properties.persistent = false
        try request.validate(configuration.maximumBodySize)
        let result: Result<IncomingMessage, AMQPError> = await send(request, timeout, Outgoing.Waiter.reply)
        return try result.get()
    }

    private func send<Value: Sendable>(
        _ message: OutgoingMessage, _ timeout: Duration,
        _ waiter: (CheckedContinuation<Result<Value, AMQPError>, Never>) -> Outgoing.Waiter
    ) async -> Result<Value, AMQPError> {
        let id = nextIdentifier()
        let inbox = publisher.inbox
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let outgoing = Outgoing(
                    id: id, message: message, deadline: .now + timeout, waiter: waiter(continuation))
                if let error = inbox.post(.send(outgoing)) { outgoing.failed(error) }
                // The handler may have run before there was anything to cancel.
                if Task.isCancelled { inbox.post(.cancel(id: id)) }
            }
        } onCancel: {
            inbox.post(.cancel(id: id))
        }
    }

    /// The deliveries of a queue of the topology, or of one that exists.
    ///
    /// - Parameter prefetch: How many deliveries may be unsettled, 1 to 65,535.
    public func deliveries(of queue: String, prefetch: Int) -> Deliveries {
        consume(.queue(queue), prefetch)
    }

    /// What is published to an exchange from now on, by way of a queue that goes with the consumer.
    ///
    /// What is published while the connection is down is missed.
    ///
    /// - Parameter routingKeys: What the queue is bound by; an empty one for a fanout exchange.
    public func subscribe(exchange: String, routingKeys: [String], prefetch: Int) -> Deliveries {
        consume(.exchange(exchange, routingKeys: routingKeys.isEmpty ? [""] : routingKeys), prefetch)
    }

    private func consume(_ source: Subscription.Source, _ prefetch: Int) -> Deliveries {
        Deliveries(Consumer(id: nextIdentifier(), source: source, prefetch: prefetch, inbox: subscriber.inbox))
    }

    /// How it stands now. Does not wait for anything.
    public var status: Status {
        get async { board.status }
    }

    /// How many messages wait in queues for a consumer; a queue that is not there is absent.
    /// - Returns: `nil` while the connection is down.
    public func lengths(of queues: [String]) async -> [String: Int]? {
        await withCheckedContinuation { continuation in
            if subscriber.inbox.post(.survey(QueueSurvey(queues), continuation)) != nil {
                continuation.resume(returning: nil)
            }
        }
    }

    private func nextIdentifier() -> UInt64 {
        identifiers.add(1, ordering: .relaxed).newValue
    }
}

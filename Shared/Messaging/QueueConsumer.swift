public import AMQP
public import Logging
import Metrics
public import ServiceLifecycle

/// Takes messages from a queue and gives each to the handler of its type: acked when handled, retried later or parked
/// with the reason when not. Ends on graceful shutdown, after the handlers that have begun.
public struct QueueConsumer: Service {
    private let bus: Bus
    private let queue: Queue
    private let prefetch: Int
    private let serial: Bool
    private let handlers: HandlerTable
    private let logger: Logger

    /// - Parameters:
    ///   - prefetch: how many deliveries may be unacked, and so at most how many handlers run.
    ///   - serial: one at a time, in the queue's order.
    public init(
        bus: Bus, queue: Queue, prefetch: Int, serial: Bool = false, handlers: [any MessageHandler], logger: Logger
    ) {
        self.bus = bus
        self.queue = queue
        self.prefetch = prefetch
        self.serial = serial
        self.handlers = HandlerTable(handlers)
        var logger = logger
        logger[metadataKey: "queue"] = "\(queue.name)"
        self.logger = logger
    }

    public func run() async throws {
        let deliveries = bus.broker.deliveries(of: queue.name, prefetch: prefetch).cancelOnGracefulShutdown()
        if serial {
            for try await delivery in deliveries { await process(delivery) }
        } else {
            try await withThrowingDiscardingTaskGroup { group in
                for try await delivery in deliveries { group.addTask { await process(delivery) } }
            }
        }
    }

    private func process(_ delivery: Delivery) async {
        let context = MessageContext(delivery)
        let type = delivery.message.properties.type ?? "none"
        var logger = self.logger
        logger[metadataKey: "message"] = "\(context.id)"
        logger[metadataKey: "type"] = "\(type)"
        if let run = context.run { logger[metadataKey: "run"] = "\(run)" }
        let began = ContinuousClock.now
        let outcome = await outcome(of: delivery, context, logger)
        Counter(
            label: "slipway_messages_total",
            dimensions: [("queue", queue.name), ("type", type), ("outcome", outcome.rawValue)]
        ).increment()
        Metrics.Timer(label: "slipway_message_seconds", dimensions: [("queue", queue.name), ("type", type)])
            .recordNanoseconds(Int64(clamping: (ContinuousClock.now - began).nanoseconds))
    }

    private enum Outcome: String { case handled, retried, parked, returned }

    private func outcome(of delivery: Delivery, _ context: MessageContext, _ logger: Logger) async -> Outcome {
        do {
            var outcome = Outcome.handled
            do {
                let run = try handlers.handler(of: delivery.message)
                try await MessageContext.$current.withValue(context) {
                    try await run(delivery.message.body, context)
                }
            } catch is CancellationError {
                // The service is being stopped the hard way: another one takes it.
                try await delivery.requeue()
                return .returned
            } catch MessageFailure.hopeless(let reason) {
                outcome = try await park(delivery, reason: reason, logger)
            } catch {
                outcome = try await retry(delivery, context, error: error, logger)
            }
            try await delivery.ack()
            return outcome
        } catch {
            // Its connection is gone, or the retry could not be stored: the broker delivers it again.
            logger.warning("message goes back to its queue", metadata: ["error": "\(error)"])
            do { try await delivery.requeue() } catch {
                logger.debug("requeue failed", metadata: ["error": "\(error)"])
            }
            return .returned
        }
    }

    private func retry(
        _ delivery: Delivery, _ context: MessageContext, error: any Error, _ logger: Logger
    ) async throws -> Outcome {
        guard case .retry(let delay) = RetryPolicy.decide(afterAttempt: context.attempt) else {
            return try await park(delivery, reason: "\(context.attempt) attempts failed; the last: \(error)", logger)
        }
        logger.warning(
            "message will be tried again",
            metadata: ["attempt": "\(context.attempt)", "after": "\(delay.duration)", "error": "\(error)"])
        var message = delivery.message.resent(to: delay.name, routingKey: queue.name)
        message.properties.headers[Header.attempt] = .integer(Int64(context.attempt + 1))
        try await bus.broker.publish(message)
        return .retried
    }

    private func park(_ delivery: Delivery, reason: String, _ logger: Logger) async throws -> Outcome {
        logger.error("message is parked", metadata: ["reason": "\(reason)"])
        try await bus.park(delivery.message, from: queue, reason: reason)
        return .parked
    }
}

extension Bus {
    /// Puts a message that cannot be handled where people find it, with the reason.
    public func park(_ message: IncomingMessage, from queue: Queue, reason: String) async throws(AMQPError) {
        var parked = message.resent(to: MessageMap.work, routingKey: MessageMap.parked.name)
        parked.properties.headers[Header.parkedQueue] = .string(queue.name)
        // A header table has to fit in one frame beside everything else.
        parked.properties.headers[Header.parkedReason] = .string(String(reason.prefix(4000)))
        try await broker.publish(parked)
    }
}

extension IncomingMessage {
    /// The same message for another place. What the broker noted on its way is left behind: carried along it would
    /// make the broker see a dead-letter cycle.
    func resent(to exchange: String, routingKey: String) -> OutgoingMessage {
        var properties = self.properties
        properties.headers = properties.headers.filter { !$0.key.hasPrefix("x-") }
        properties.persistent = true
        return OutgoingMessage(exchange: exchange, routingKey: routingKey, body: body, properties: properties)
    }
}

extension Duration {
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}

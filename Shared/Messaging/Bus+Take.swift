public import AMQP
public import Contracts
import FoundationEssentials
public import Logging

/// What a worker makes of a message it was offered.
public enum Offer<Value: Sendable>: Sendable {
    /// It is mine: ack it and stop consuming.
    case take(Value)
    /// There is nothing to do: ack it and wait for the next.
    case drop
    /// Not now: give it back and wait for the next.
    case giveBack
}

extension Bus {
    /// Waits for a message of a work queue that `offer` takes, then stops consuming, so that a busy worker holds no
    /// message another could work on. A message that is none of this type is parked with the reason.
    /// - Returns: what was taken, or `nil` where the task was cancelled or the broker is shut down.
    /// - Throws: `AMQPError` where the queue cannot be consumed.
    public func take<M: Message, Value: Sendable>(
        _ type: M.Type, from queue: Queue, logger: Logger,
        offer: @Sendable (M, MessageContext) async throws -> Offer<Value>
    ) async throws -> Value? {
        for try await delivery in broker.deliveries(of: queue.name, prefetch: 1) {
            let context = MessageContext(delivery)
            let message: M
            do {
                guard delivery.message.properties.type == M.type else {
                    let found = delivery.message.properties.type ?? "none"
                    throw MessageFailure.hopeless("“\(found)” is not taken here; this queue takes \(M.type)")
                }
                message = try Wire.decode(M.self, from: Data(delivery.message.body))
            } catch {
                logger.error("message is parked", metadata: ["message": "\(context.id)", "reason": "\(error)"])
                try await park(delivery.message, from: queue, reason: "\(error)")
                try await delivery.ack()
                continue
            }
            do {
                switch try await MessageContext.$current.withValue(
                    context, operation: { try await offer(message, context) })
                {
                case .take(let value):
                    try await delivery.ack()
                    return value
                case .drop: try await delivery.ack()
                case .giveBack: try await delivery.requeue()
                }
            } catch {
                try await delivery.requeue()
                throw error
            }
        }
        return nil
    }

    /// What is sent to all workers from now on, such as ``Contracts/JobCancelled``. What was sent while the broker was
    /// away is missed: whoever needs it asks again. One that is not understood is logged and passed over.
    public func announcements<M: Message>(
        _ type: M.Type, on exchange: String = MessageMap.control, logger: Logger
    ) -> some AsyncSequence<M, AMQPError> & Sendable {
        broker.subscribe(exchange: exchange, routingKeys: [""], prefetch: 64).compactMap { delivery in
            do {
                try await delivery.ack()
            } catch {
                return nil
            }
            guard delivery.message.properties.type == M.type else { return nil }
            do {
                return try Wire.decode(M.self, from: Data(delivery.message.body))
            } catch {
                let id = delivery.message.properties.messageID ?? ""
                logger.error("announcement is not understood", metadata: ["message": "\(id)", "reason": "\(error)"])
                return nil
            }
        }
    }
}

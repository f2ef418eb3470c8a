public import AMQP
public import Contracts
import FoundationEssentials
public import Logging
import Synchronization

/// What a worker makes of a message it was offered.
public enum Offer<Value: Sendable>: Sendable {
    /// It is mine: ack it and stop consuming.
    case take(Value)
    /// There is nothing to do: ack it and wait for the next.
    case drop
    /// Not now: give it back and wait for the next.
    case requeue
}

extension Bus {
    /// Waits for a message of a work queue that `offer` takes, then stops consuming, so that a busy worker holds no
    /// message another could work on. A message that is none of this type is parked with the reason.
    /// - Returns: what was taken, or `nil` where the task was cancelled or the broker is shut down.
    /// - Throws: `AMQPError` where the queue cannot be consumed.
    public func take<M: Message, Value: Sendable>(
        _ type: M.Type, from queue: Queue, logger: Logger,
        offer: @escaping @Sendable (M, MessageContext) async throws -> Offer<Value>
    ) async throws -> Value? {
        let loop = DeliveryLoop(
            bus: self, queue: queue, prefetch: 1, failure: .requeue(after: .seconds(1)), logger: logger)
        for try await delivery in loop.deliveries() {
            let taken = Mutex<Value?>(nil)
            await loop.process(delivery) { message, context in
                switch try await offer(Self.decode(M.self, message), context) {
                case .take(let value): taken.withLock { $0 = value }
                case .drop: break
                case .requeue: throw DeliveryLoop.NotNow()
                }
            }
            // Taken is taken, even where the ack was lost: its delivery comes again and finds that.
            if let value = taken.withLock({ $0 }) { return value }
        }
        return nil
    }

    private static func decode<M: Message>(_ type: M.Type, _ message: IncomingMessage) throws(MessageFailure) -> M {
        guard let type = message.properties.type, type == M.type else {
            let type = message.properties.type ?? "none"
            let reason = "“\(type)” is not taken here; this queue takes \(M.type)"
            guard MessageMap.isKnown(type) else { throw .newer(reason) }
            throw .permanent(reason)
        }
        try message.check(M.type, known: M.version)
        do {
            return try Wire.decode(M.self, from: Data(message.body))
        } catch {
            throw .permanent("it is not a valid \(M.type): \(error)")
        }
    }

    /// What is sent to all workers from now on, such as `JobCancelled`. What was sent while the broker was
    /// away is missed: whoever needs it asks again. One that is not understood is passed over.
    public func announcements<M: Message>(
        _ type: M.Type, on exchange: String = MessageMap.control, logger: Logger
    ) -> some AsyncSequence<M, AMQPError> & Sendable {
        let loop = DeliveryLoop(bus: self, exchange: exchange, prefetch: 64, logger: logger)
        return loop.deliveries().compactMap { delivery in
            let heard = Mutex<M?>(nil)
            await loop.process(delivery) { message, _ in
                // Others may be told other things by the same exchange.
                guard message.properties.type == M.type else { return }
                let value = try Self.decode(M.self, message)
                heard.withLock { $0 = value }
            }
            return heard.withLock { $0 }
        }
    }
}

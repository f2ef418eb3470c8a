import AMQP
import Messaging
import NIOCore
import NIOPosix
import Synchronization

/// Hands all that one turn of an event loop publishes to the broker's thread at once: one wake-up, one write to the
/// broker, and there one entry of the queue's log, instead of one of each for every hook.
final class PublishBatches: Sendable {
    typealias Send = @Sendable ([(message: PreparedMessage, done: Broker.Done)]) -> Void

    private final class Batch: Sendable {
        private let messages = Mutex<[(message: PreparedMessage, done: Broker.Done)]>([])

        /// - Returns: Whether it is the first.
        func append(_ message: PreparedMessage, _ done: @escaping Broker.Done) -> Bool {
            messages.withLock {
                $0.append((message, done))
                return $0.count == 1
            }
        }

        func take() -> [(message: PreparedMessage, done: Broker.Done)] {
            messages.withLock { messages in
                defer { messages.removeAll(keepingCapacity: true) }
                return messages
            }
        }
    }

    private let send: Send
    /// The batch of the thread that asks, if it is an event loop's.
    private let current = ThreadSpecificVariable<Batch>()

    init(send: @escaping Send) {
        self.send = send
    }

    func publish(_ message: PreparedMessage, then done: @escaping Broker.Done) {
        guard let loop = MultiThreadedEventLoopGroup.currentEventLoop else { return send([(message, done)]) }
        let batch: Batch
        if let own = current.currentValue {
            batch = own
        } else {
            batch = Batch()
            current.currentValue = batch
        }
        // It is sent when this turn has read what there was to read.
        if batch.append(message, done) { loop.execute { [send] in send(batch.take()) } }
    }
}

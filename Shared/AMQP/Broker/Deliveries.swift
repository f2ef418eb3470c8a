/// The deliveries of a queue, in the broker's order, at most `prefetch` of them unsettled.
///
/// Consuming begins when the value is made, not with the loop, and goes on over reconnects; a queue that vanishes is
/// declared again. Leaving the loop stops consuming and requeues what was delivered but not yet taken; what was taken
/// can still be settled. For one loop only.
///
/// The loop ends when its task is cancelled or ``Broker/run()`` is. It throws when the queue cannot be consumed from
/// at the first try: ``AMQPError/Code/notFound``, ``AMQPError/Code/accessRefused``,
/// ``AMQPError/Code/resourceLocked``, ``AMQPError/Code/preconditionFailed``.
public struct Deliveries: AsyncSequence, Sendable {
    public typealias Element = Delivery
    public typealias Failure = AMQPError

    private let consumer: Consumer

    init(_ consumer: Consumer) {
        self.consumer = consumer
    }

    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let consumer: Consumer
        private let loop: Loop

        fileprivate init(_ consumer: Consumer) {
            self.consumer = consumer
            loop = Loop(consumer)
        }

        public mutating func next() async throws(AMQPError) -> Delivery? {
            try await consumer.buffer.next()
        }

        public mutating func next(isolation actor: isolated (any Actor)?) async throws(AMQPError) -> Delivery? {
            try await consumer.buffer.next()
        }
    }

    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(consumer)
    }

    /// Returns once the broker has confirmed the consumer: from then on nothing published is missed.
    ///
    /// - Throws: What the loop would throw, or `closed` when it has ended.
    public func started() async throws(AMQPError) {
        try await consumer.buffer.started()
    }

    /// Goes with the iterator, that is, when the loop is left.
    private final class Loop: Sendable {
        private let consumer: Consumer

        init(_ consumer: Consumer) {
            self.consumer = consumer
        }

        deinit {
            consumer.leave()
        }
    }
}

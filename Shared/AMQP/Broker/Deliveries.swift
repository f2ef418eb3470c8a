/// The deliveries of a queue, in the broker's order, at most `prefetch` of them unsettled.
///
/// Consuming begins when the value is made, not with the loop, and goes on over reconnects; a queue that vanishes is
/// declared again. Leaving the loop stops consuming and requeues what was delivered but not yet taken; what was taken
/// can still be settled. For one loop only: a second one gets its deliveries from what is left.
///
/// The loop ends when its task is cancelled or ``Broker/run()`` is. It throws when the queue cannot be consumed from
/// at the first try: ``AMQPError/Code/notFound``, ``AMQPError/Code/accessRefused``,
/// ``AMQPError/Code/resourceLocked``, ``AMQPError/Code/preconditionFailed``.
public struct Deliveries: AsyncSequence, Sendable {
    public typealias Element = Delivery
    public typealias Failure = AMQPError

    public struct AsyncIterator: AsyncIteratorProtocol {
        public mutating func next() async throws(AMQPError) -> Delivery? {
            nil
        }

        public mutating func next(isolation actor: isolated (any Actor)?) async throws(AMQPError) -> Delivery? {
            nil
        }
    }

    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator()
    }

    /// Returns once the broker has confirmed the consumer: from then on nothing published is missed.
    public func started() async throws(AMQPError) {
    }
}

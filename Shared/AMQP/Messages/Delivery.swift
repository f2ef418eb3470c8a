/// A message handed to this consumer until it is acknowledged, requeued or rejected.
///
/// The three are cheap: they queue the word for the broker and return. They know the connection the delivery came by:
/// once that is lost the broker delivers the message again, and they do nothing. Only the first of them counts.
public struct Delivery: Sendable {
    /// What becomes of a delivery.
    public enum Verdict: Sendable, Hashable {
        case ack, requeue, reject
    }

    public let message: IncomingMessage
    /// Whether it may have been delivered before.
    public let redelivered: Bool
    let settle: @Sendable (Verdict) -> Void

    /// A delivery that tells `settle` what became of it. For tests of handlers; a broker makes its own.
    public init(message: IncomingMessage, redelivered: Bool = false, settle: @escaping @Sendable (Verdict) -> Void) {
        self.message = message
        self.redelivered = redelivered
        self.settle = settle
    }

    /// Takes the message off its queue. Its effect must be durable by then.
    /// - Throws: ``AMQPError`` where its connection is lost: the broker delivers it again.
    public func ack() async throws(AMQPError) {
        settle(.ack)
    }

    /// Puts the message back where it was in its queue.
    /// - Throws: ``AMQPError`` where its connection is lost: the broker delivers it again by itself.
    public func requeue() async throws(AMQPError) {
        settle(.requeue)
    }

    /// Takes the message off its queue, to the queue's dead-letter exchange if it has one.
    /// - Throws: ``AMQPError`` where its connection is lost: the broker delivers it again.
    public func reject() async throws(AMQPError) {
        settle(.reject)
    }
}

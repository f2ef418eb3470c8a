/// A message on its way and who waits for it.
final class Outgoing: Sendable {
    enum Waiter: Sendable {
        case confirm(CheckedContinuation<Result<Void, AMQPError>, Never>)
        /// Called on the connection's thread.
        case callback(@Sendable (Result<Void, AMQPError>) -> Void)
        case reply(CheckedContinuation<Result<IncomingMessage, AMQPError>, Never>)
    }

    /// By which it can be cancelled.
    let id: UInt64?
    let message: OutgoingMessage
    let deadline: ContinuousClock.Instant
    private let waiter: Waiter

    init(id: UInt64? = nil, message: OutgoingMessage, deadline: ContinuousClock.Instant, waiter: Waiter) {
        self.id = id
        self.message = message
        self.deadline = deadline
        self.waiter = waiter
    }

    var isCall: Bool {
        if case .reply = waiter { true } else { false }
    }

    /// A reply to a direct reply-to address reaches its channel without a queue: the broker returns it if mandatory.
    var isMandatory: Bool {
        message.mandatory && !(message.exchange.isEmpty && message.routingKey.hasPrefix("amq.rabbitmq.reply-to."))
    }

    func confirmed() {
        switch waiter {
        case .confirm(let continuation): continuation.resume(returning: .success(()))
        case .callback(let done): done(.success(()))
        case .reply: break
        }
    }

    func answered(_ reply: IncomingMessage) {
        if case .reply(let continuation) = waiter { continuation.resume(returning: .success(reply)) }
    }

    func failed(_ error: AMQPError) {
        switch waiter {
        case .confirm(let continuation): continuation.resume(returning: .failure(error))
        case .callback(let done): done(.failure(error))
        case .reply(let continuation): continuation.resume(returning: .failure(error))
        }
    }
}

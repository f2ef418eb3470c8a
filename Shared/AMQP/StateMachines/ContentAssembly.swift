/// Puts the messages of one channel together from their frames: deliver or return, header, body.
struct ContentAssembly: Sendable {
    enum Origin: Sendable, Hashable {
        case delivered(tag: UInt64, redelivered: Bool)
        case returned(code: UInt16, text: String)
    }

    enum Result: Sendable, Hashable {
        /// More frames are needed.
        case incomplete
        case message(Origin, IncomingMessage)
        /// A body larger than the limit, which was not kept.
        case oversized(Origin, size: UInt64)
        case violation(AMQPError)
    }

    private enum State: Sendable {
        case idle
        case header(Origin, exchange: String, routingKey: String)
        case body(Origin, IncomingMessage, size: Int)
        case skipping(Origin, size: UInt64, remaining: UInt64)
    }

    private let limit: Int
    private var state = State.idle

    /// - Parameter limit: The largest body that is kept, in bytes.
    init(limit: Int) {
        self.limit = limit
    }

    mutating func begin(_ origin: Origin, exchange: String, routingKey: String) -> Result {
        guard case .idle = state else { return violation("a message began within another") }
        state = .header(origin, exchange: exchange, routingKey: routingKey)
        return .incomplete
    }

    mutating func header(bodySize: UInt64, _ properties: MessageProperties) -> Result {
        guard case .header(let origin, let exchange, let routingKey) = state else {
            return violation("a message's header came without its beginning")
        }
        guard let size = Int(exactly: bodySize), size <= limit else {
            state = .skipping(origin, size: bodySize, remaining: bodySize)
            return .incomplete
        }
        let message = IncomingMessage(exchange: exchange, routingKey: routingKey, body: [], properties: properties)
        state = .body(origin, message, size: size)
        return size == 0 ? complete() : .incomplete
    }

    mutating func body(_ part: [UInt8]) -> Result {
        switch state {
        case .body(let origin, var message, let size):
            // The state must not hold the body while it grows, or each part would copy all before it.
            state = .idle
            guard message.body.count + part.count <= size else { return violation("a body is longer than announced") }
            if message.body.isEmpty {
                // Most bodies fit in one frame, and are then not copied again.
                message.body = part
                if part.count < size { message.body.reserveCapacity(min(size, 8 << 20)) }
            } else {
                message.body += part
            }
            let isComplete = message.body.count == size
            state = .body(origin, message, size: size)
            return isComplete ? complete() : .incomplete
        case .skipping(let origin, let size, let remaining):
            guard part.count <= remaining else { return violation("a body is longer than announced") }
            if remaining == part.count {
                state = .idle
                return .oversized(origin, size: size)
            }
            state = .skipping(origin, size: size, remaining: remaining - UInt64(part.count))
            return .incomplete
        case .idle, .header:
            return violation("a body came without a header")
        }
    }

    private mutating func complete() -> Result {
        guard case .body(let origin, let message, _) = state else { return .incomplete }
        state = .idle
        return .message(origin, message)
    }

    private mutating func violation(_ what: String) -> Result {
        state = .idle
        return .violation(AMQPError(.protocolViolation, what))
    }
}

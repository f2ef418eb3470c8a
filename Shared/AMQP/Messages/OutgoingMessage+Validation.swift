extension OutgoingMessage {
    /// The most that headers may take, in bytes: they have to fit in one frame with the other properties.
    static let maximumHeaderSize = 32 << 10

    /// Refuses what the protocol cannot carry. The library would cut a long name and send a broken frame.
    func validate(_ maximumBodySize: Int) throws(AMQPError) {
        guard body.count <= maximumBodySize else {
            throw AMQPError(
                .tooLarge, "a body of \(body.count) bytes is larger than the limit of \(maximumBodySize) bytes")
        }
        try validate("exchange", exchange)
        try validate("routing key", routingKey)
        try validate("content type", properties.contentType)
        try validate("message id", properties.messageID)
        try validate("type", properties.type)
        try validate("correlation id", properties.correlationID)
        try validate("reply-to", properties.replyTo)
        guard !properties.headers.isEmpty else { return }
        guard HeaderValue.table(properties.headers).hasShortKeys else {
            throw AMQPError(.invalidMessage, "the name of a header has more than 128 bytes")
        }
        let size = HeaderValue.table(properties.headers).encodedSize
        guard size <= Self.maximumHeaderSize else {
            throw AMQPError(.tooLarge, "headers of \(size) bytes are larger than \(Self.maximumHeaderSize) bytes")
        }
    }

    private func validate(_ name: StaticString, _ text: String?) throws(AMQPError) {
        guard let length = text?.utf8.count, length > 255 else { return }
        throw AMQPError(.invalidMessage, "the \(name) has \(length) bytes; AMQP allows 255")
    }
}

extension HeaderValue {
    /// At least the bytes it takes on the wire.
    fileprivate var encodedSize: Int {
        switch self {
        case .string(let text): 5 + text.utf8.count
        case .bytes(let bytes): 5 + bytes.count
        case .array(let values): values.reduce(5) { $0 + $1.encodedSize }
        case .table(let values): values.reduce(5) { $0 + 1 + $1.key.utf8.count + $1.value.encodedSize }
        case .integer, .double, .bool, .timestamp, .null: 9
        }
    }

    fileprivate var hasShortKeys: Bool {
        switch self {
        case .table(let values): values.allSatisfy { $0.key.utf8.count <= 128 && $0.value.hasShortKeys }
        case .array(let values): values.allSatisfy(\.hasShortKeys)
        default: true
        }
    }
}

public import Contracts

extension PreparedMessage {
    /// An event for anyone who listens; it is no error if no one does. Every service makes its events so, whether they go
    /// with a transaction, wait in a worker or are sent at once.
    /// - Parameters:
    ///   - event: what is told; its id is the message's.
    ///   - run: the run it is of; that of the message being handled if `nil`.
    /// - Throws: `EncodingError` for custom data that JSON cannot hold.
    public init(event: CloudEvent, run: RunID? = nil) throws {
        self.init(
            id: event.id, type: event.type, version: 1, exchange: MessageMap.events, routingKey: event.routingKey,
            mandatory: false, contentType: CloudEvent.contentType,
            body: String(decoding: try Wire.encode(event), as: UTF8.self), run: run ?? MessageContext.current?.run,
            traceparent: Traceparent.next(after: MessageContext.current?.traceparent))
    }
}

extension Bus {
    /// Tells anyone who listens; returns once the broker has it.
    /// - Parameters:
    ///   - event: what is told; its id is the message's.
    ///   - run: the run it is of; that of the message being handled if `nil`.
    /// - Throws: `AMQPError` where the broker did not confirm it, `EncodingError` for custom data that JSON cannot hold.
    public func emit(_ event: CloudEvent, run: RunID? = nil) async throws {
        try await publish(PreparedMessage(event: event, run: run))
    }
}

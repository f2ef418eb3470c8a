/// A message to publish and who is told what became of it, for those who are no task and do not wait.
public struct Publication: Sendable {
    /// Told once, on the connection's own thread, which everyone's messages wait for: it hands on what it is told and
    /// returns. What cannot be sent at all is told before ``Broker/publish(_:)`` returns.
    public typealias Done = @Sendable (Result<Void, AMQPError>) -> Void

    let outgoing: Outgoing

    /// - Parameter timeout: Counts from now.
    public init(_ message: OutgoingMessage, timeout: Duration = .seconds(30), done: @escaping Done) {
        var message = message
        if message.properties.messageID == nil { message.properties.messageID = RandomName.make() }
        outgoing = Outgoing(message: message, deadline: .now + timeout, waiter: .callback(done))
    }
}

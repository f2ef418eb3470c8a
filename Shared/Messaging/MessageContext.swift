public import Contracts

/// What a handler may know of a delivery beside its body.
public struct MessageContext: Sendable {
    /// Stable across resends and redeliveries: the key for doing a thing once.
    public var id: MessageID
    /// The run it belongs to.
    public var run: RunID?
    /// The W3C trace context it came with.
    public var traceparent: String?
    /// Counts handling attempts from 1 (retries, not redeliveries after a lost connection).
    public var attempt: Int
    /// Whether the broker delivered it before; the earlier one may have been handled.
    public var redelivered: Bool
    /// The broker's login that sent it first.
    public var sender: String

    public init(
        id: MessageID, run: RunID? = nil, traceparent: String? = nil, attempt: Int = 1, redelivered: Bool = false,
        sender: String = BrokerLogin.unknown
    ) {
        self.id = id
        self.run = run
        self.traceparent = traceparent
        self.attempt = attempt
        self.redelivered = redelivered
        self.sender = sender
    }

    /// The delivery being handled by this task; what is sent meanwhile carries on its trace.
    @TaskLocal public static var current: MessageContext?
}

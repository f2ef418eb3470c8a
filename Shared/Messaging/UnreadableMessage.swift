/// A message that was to be sent and that this version cannot read: a newer one wrote it, or it is damaged.
public struct UnreadableMessage: Sendable {
    /// Its place in the outbox.
    public var sequence: Int64
    /// What is in it, as far as it is text.
    public var text: String
    public var reason: String

    public init(sequence: Int64, text: String, reason: String) {
        self.sequence = sequence
        self.text = text
        self.reason = reason
    }
}

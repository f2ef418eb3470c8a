/// An ``Outgoing`` and what has happened to it.
struct PendingMessage {
    let outgoing: Outgoing
    /// How often it was sent.
    var attempts = 0
    /// Set by a return; the broker's ack that follows it says only that the return was all it did.
    var returned: AMQPError?
}

/// What this side says to the broker, apart from publishing.
enum ClientMethod: Sendable, Hashable {
    case connectionClose
    case connectionCloseOk
    case channelOpen
    case channelClose
    case channelCloseOk
    case exchangeDeclare(Exchange)
    case queueDeclare(Queue)
    case queueBind(Binding)
    /// Asks for the figures of a queue that is there.
    case queueInspect(String)
    case queueUnbind(Binding)
    case queueDelete(String)
    case prefetch(UInt16)
    case consume(queue: String, tag: String, automaticAck: Bool)
    case cancel(tag: String)
    case confirmSelect
    case settle(tag: UInt64, Delivery.Verdict)
}

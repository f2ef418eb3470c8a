/// What the broker says, copied out of the library's memory.
enum ServerMethod: Sendable, Hashable {
    case connectionClose(code: UInt16, text: String)
    case connectionCloseOk
    case connectionBlocked(reason: String)
    case connectionUnblocked
    case channelOpenOk
    case channelClose(code: UInt16, text: String)
    case channelCloseOk
    case exchangeDeclareOk
    /// - Parameters:
    ///   - messages: those that wait for a consumer.
    ///   - consumers: how many there are.
    case queueDeclareOk(messages: UInt32 = 0, consumers: UInt32 = 0)
    case queueBindOk
    case queueUnbindOk
    case queueDeleteOk
    case prefetchOk
    case consumeOk
    /// The broker ended a consumer: its queue was deleted, or moved to another node.
    case cancel
    case cancelOk
    case confirmSelectOk
    case ack(tag: UInt64, multiple: Bool)
    case nack(tag: UInt64, multiple: Bool)
    case returned(code: UInt16, text: String, exchange: String, routingKey: String)
    case deliver(tag: UInt64, redelivered: Bool, exchange: String, routingKey: String)
    /// Something this client never asked for.
    case other(UInt32)
}

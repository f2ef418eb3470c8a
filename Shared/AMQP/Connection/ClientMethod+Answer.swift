extension ClientMethod {
    /// Whether this is what the broker answers when it agrees.
    func isAnswered(by method: ServerMethod) -> Bool {
        if case .queueDeclareOk = method {
            switch self {
            case .queueDeclare, .queueInspect: return true
            default: return false
            }
        }
        return answer == method
    }

    /// What the broker answers when it agrees, where that says no more; `nil` for what it does not answer.
    private var answer: ServerMethod? {
        switch self {
        case .channelOpen: .channelOpenOk
        case .channelClose: .channelCloseOk
        case .exchangeDeclare: .exchangeDeclareOk
        case .queueBind: .queueBindOk
        case .queueUnbind: .queueUnbindOk
        case .queueDelete: .queueDeleteOk
        case .prefetch: .prefetchOk
        case .consume: .consumeOk
        case .cancel: .cancelOk
        case .confirmSelect: .confirmSelectOk
        case .connectionClose: .connectionCloseOk
        case .queueDeclare, .queueInspect, .connectionCloseOk, .channelCloseOk, .settle: nil
        }
    }

    /// What it is about, for a person.
    var subject: String {
        switch self {
        case .exchangeDeclare(let exchange): "the exchange '\(exchange.name)'"
        case .queueDeclare(let queue): "the queue '\(queue.name)'"
        case .queueInspect(let name), .queueDelete(let name): "the queue '\(name)'"
        case .queueBind(let binding), .queueUnbind(let binding):
            "the binding of the queue '\(binding.queue)' to '\(binding.exchange)' by '\(binding.routingKey)'"
        case .consume(let queue, _, _): "a consumer of the queue '\(queue)'"
        default: "a channel"
        }
    }
}

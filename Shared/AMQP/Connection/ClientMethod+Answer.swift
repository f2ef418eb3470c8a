extension ClientMethod {
    /// Whether the broker agrees with it by this.
    func isAnswered(by method: ServerMethod) -> Bool {
        if case .queueDeclare = self, case .queueDeclareOk = method { return true }
        return method == answer
    }

    /// What the broker answers when it agrees; `nil` for what it does not answer.
    private var answer: ServerMethod? {
        switch self {
        case .channelOpen: .channelOpenOk
        case .channelClose: .channelCloseOk
        case .exchangeDeclare: .exchangeDeclareOk
        case .queueDeclare: .queueDeclareOk()
        case .queueBind: .queueBindOk
        case .prefetch: .prefetchOk
        case .consume: .consumeOk
        case .cancel: .cancelOk
        case .confirmSelect: .confirmSelectOk
        case .connectionClose: .connectionCloseOk
        case .connectionCloseOk, .channelCloseOk, .settle: nil
        }
    }

    /// What it is about, for a person.
    var subject: String {
        switch self {
        case .exchangeDeclare(let exchange): "the exchange '\(exchange.name)'"
        case .queueDeclare(let queue): "the queue '\(queue.name)'"
        case .queueBind(let binding):
            "the binding of the queue '\(binding.queue)' to '\(binding.exchange)' by '\(binding.routingKey)'"
        case .consume(let queue, _, _): "a consumer of the queue '\(queue)'"
        default: "a channel"
        }
    }
}

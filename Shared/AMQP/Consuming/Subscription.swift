/// One consumer as the ``Subscriber`` keeps it.
struct Subscription {
    enum Source: Sendable {
        case queue(String)
        /// A queue exclusive to the connection and deleted with the consumer.
        case exchange(String, routingKeys: [String])
    }

    let source: Source
    let prefetch: UInt16
    let buffer: DeliveryBuffer
    var machine: ConsumerMachine
    var assembly: ContentAssembly
    /// The channel in use, and its number in the order of all channels ever opened: what a verdict has to match.
    var channel: UInt16?
    var epoch: UInt64 = 0
    /// The tags that were delivered and not settled. The broker closes a channel on which one is settled twice.
    var outstanding: Set<UInt64> = []
    var retryAt: ContinuousClock.Instant?

    /// What makes the consumer on a new channel.
    /// - Parameter statesLimits: whether a queue has to state how often a message may come back.
    func setup(_ topology: Topology, statesLimits: Bool) -> ChannelSetup {
        switch source {
        case .queue(let name):
            return ChannelSetup(
                topology.declarations(of: name).map { method in
                    guard statesLimits, case .queueDeclare(let queue) = method, queue.returnLimit != nil else {
                        return method
                    }
                    return .queueDeclare(machine.isMissing ? queue.limited : queue.looked)
                } + [
                    .prefetch(prefetch), .consume(queue: name, tag: ConsumerMachine.tag, automaticAck: false),
                ])
        case .exchange(let exchange, let routingKeys):
            // A new name each time: the broker may not have noticed yet that the last connection is gone.
            let name = "slipway.subscription.\(RandomName.make())"
            let queue = Queue(name, durable: false, exclusive: true, autoDelete: true)
            let declared = topology.exchanges.filter { $0.name == exchange }.map(ClientMethod.exchangeDeclare)
            let bindings = routingKeys.map {
                ClientMethod.queueBind(Binding(queue: name, exchange: exchange, routingKey: $0))
            }
            return ChannelSetup(
                declared + [.queueDeclare(queue)] + bindings + [
                    .prefetch(prefetch), .consume(queue: name, tag: ConsumerMachine.tag, automaticAck: false),
                ])
        }
    }
}

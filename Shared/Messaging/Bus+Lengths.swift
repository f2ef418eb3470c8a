import AMQP

extension Bus {
    /// How many messages wait in all queues that are there however many workers there are, in their delays, and in those of some
    /// workers; by the queue's name. Those of logs are at their own broker.
    /// - Returns: `nil` while the broker is away.
    public func lengths(with workers: [String], logs: Bus) async -> [String: Int]? {
        func names(_ queue: Queue) -> [String] { [queue.name] + queue.waiting }
        let shared = MessageMap.queues.filter { $0 != MessageMap.logs }.flatMap(names)
        guard let own = await broker.lengths(of: shared + workers),
            let others = await logs.broker.lengths(of: names(MessageMap.logs))
        else { return nil }
        return own.merging(others) { $1 }
    }
}

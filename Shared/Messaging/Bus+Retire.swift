public import AMQP

extension Bus {
    /// What is left of a queue that has a successor.
    public enum Retirement: Sendable, Hashable {
        /// It is not there any more.
        case gone
        /// So many wait to be taken.
        case waits(Int)
        /// Somebody consumes it, and nothing waits.
        case isUsed
    }

    /// Has a queue get no more events, and deletes it once nothing waits in it and nobody consumes it.
    /// - Parameter successor: which gets them from then on: it is made first, so that none is lost.
    /// - Throws: `AMQPError`: `accessRefused` where the login may not.
    public func retire(_ queue: Queue, for successor: Queue) async throws(AMQPError) -> Retirement {
        guard try await broker.figures(of: queue.name) != nil else { return .gone }
        try await broker.declare(MessageMap.topology(consuming: [successor]))
        try await broker.unbind(queue.ownBindings)
        // After that: what came until then counts.
        guard let figures = try await broker.figures(of: queue.name) else { return .gone }
        guard figures.messages == 0 else { return .waits(figures.messages) }
        guard figures.consumers == 0 else { return .isUsed }
        // What a consumer had that has just ended comes back a moment later.
        do { try await Task.sleep(for: .seconds(1)) } catch { return .isUsed }
        guard let again = try await broker.figures(of: queue.name) else { return .gone }
        guard again.messages == 0 else { return .waits(again.messages) }
        guard again.consumers == 0 else { return .isUsed }
        try await broker.delete(queue: queue.name)
        return .gone
    }

    /// How many messages wait in a queue; none in one that is not there.
    /// - Throws: `AMQPError` where the broker cannot be asked.
    public func waiting(in queue: Queue) async throws(AMQPError) -> Int {
        try await broker.figures(of: queue.name)?.messages ?? 0
    }
}

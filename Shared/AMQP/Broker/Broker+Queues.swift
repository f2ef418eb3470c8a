extension Broker {
    /// How a queue stands.
    public struct QueueFigures: Sendable, Hashable {
        /// Those that wait; not those that a consumer has and has not settled.
        public var messages: Int
        public var consumers: Int
    }

    /// Looks at a queue, over a connection made for it.
    ///
    /// - Returns: `nil` where there is none of that name.
    /// - Throws: ``AMQPError`` where the broker cannot be asked.
    public func figures(of queue: String) async throws(AMQPError) -> QueueFigures? {
        do throws(AMQPError) {
            let answers = try await connector.perform([.queueInspect(queue)], purpose: "look")
            guard case .queueDeclareOk(let messages, let consumers)? = answers.first else { return nil }
            return QueueFigures(messages: Int(messages), consumers: Int(consumers))
        } catch {
            if error.code == .notFound { return nil }
            throw error
        }
    }

    /// Declares more than its own topology, over a connection made for it.
    /// - Throws: ``AMQPError``: `preconditionFailed` where something is there with other arguments, `accessRefused`.
    public func declare(_ topology: Topology) async throws(AMQPError) {
        _ = try await connector.perform(topology.declarations, purpose: "declare")
    }

    /// Ends bindings of a queue, over a connection made for it. Those that are not there are none to end.
    /// - Throws: ``AMQPError``, such as `accessRefused`.
    public func unbind(_ bindings: [Binding]) async throws(AMQPError) {
        _ = try await connector.perform(bindings.map(ClientMethod.queueUnbind), purpose: "unbind")
    }

    /// Deletes a queue with what is in it, over a connection made for it.
    /// - Throws: ``AMQPError``, such as `accessRefused`.
    public func delete(queue: String) async throws(AMQPError) {
        _ = try await connector.perform([.queueDelete(queue)], purpose: "delete")
    }
}

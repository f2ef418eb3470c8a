/// One at a time for each name, in the order of asking.
actor Turns {
    /// Who waits for a name that somebody has.
    private var waiting: [String: [(number: Int, turn: AsyncStream<Void>.Continuation)]] = [:]
    private var last = 0

    /// - Throws: `CancellationError` for who is cancelled before its turn; what `work` throws.
    func take<Value: Sendable>(_ name: String, _ work: @Sendable () async throws -> Value) async throws -> Value {
        if waiting[name] == nil {
            waiting[name] = []
        } else {
            last += 1
            let number = last
            let (turns, turn) = AsyncStream.makeStream(of: Void.self)
            waiting[name]?.append((number, turn))
            for await _ in turns { break }
            if Task.isCancelled {
                if let place = waiting[name]?.firstIndex(where: { $0.number == number }) {
                    waiting[name]?.remove(at: place)
                } else {
                    pass(name)
                }
                throw CancellationError()
            }
        }
        defer { pass(name) }
        return try await work()
    }

    private func pass(_ name: String) {
        guard waiting[name]?.isEmpty == false else {
            waiting[name] = nil
            return
        }
        waiting[name]?.removeFirst().turn.yield()
    }
}

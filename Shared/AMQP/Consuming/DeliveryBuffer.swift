import DequeModule
import Synchronization

/// What was delivered and not yet taken by the loop. Prefetch bounds it: the broker sends no more than that unsettled.
final class DeliveryBuffer: Sendable {
    private typealias Waiter = CheckedContinuation<Result<Delivery?, AMQPError>, Never>

    private struct State {
        var deliveries: Deque<Delivery> = []
        var waiters: Deque<(id: UInt64, continuation: Waiter)> = []
        var nextWaiter: UInt64 = 0
        var end: Result<Void, AMQPError>?
        var hasStarted = false
        var starters: [CheckedContinuation<Result<Void, AMQPError>, Never>] = []
    }

    private let state = Mutex(State())

    /// - Returns: Whether the loop will get it; not once it was left, which the ``Subscriber`` may learn later.
    func push(_ delivery: Delivery) -> Bool {
        let (taken, waiter) = state.withLock { state -> (Bool, Waiter?) in
            guard state.end == nil else { return (false, nil) }
            if let waiter = state.waiters.popFirst() { return (true, waiter.continuation) }
            state.deliveries.append(delivery)
            return (true, nil)
        }
        waiter?.resume(returning: .success(delivery))
        return taken
    }

    /// The next delivery; `nil` at the end or when the task is cancelled.
    func next() async throws(AMQPError) -> Delivery? {
        let (ready, id) = state.withLock { state -> (Result<Delivery?, AMQPError>?, UInt64) in
            if let delivery = state.deliveries.popFirst() { return (.success(delivery), 0) }
            if let end = state.end { return (end.map { nil }, 0) }
            state.nextWaiter += 1
            return (nil, state.nextWaiter)
        }
        if let ready { return try ready.get() }
        let result: Result<Delivery?, AMQPError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let ready = state.withLock { state -> Result<Delivery?, AMQPError>? in
                    if let delivery = state.deliveries.popFirst() { return .success(delivery) }
                    if let end = state.end { return end.map { nil } }
                    // The handler may have run before there was anything to resume.
                    if Task.isCancelled { return .success(nil) }
                    state.waiters.append((id, continuation))
                    return nil
                }
                if let ready { continuation.resume(returning: ready) }
            }
        } onCancel: {
            let waiter = state.withLock { state -> Waiter? in
                guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return nil }
                return state.waiters.remove(at: index).continuation
            }
            waiter?.resume(returning: .success(nil))
        }
        return try result.get()
    }

    /// Drops what came by a channel that is gone; the broker delivers it again.
    func clear() {
        state.withLock { $0.deliveries.removeAll() }
    }

    /// Ends the loop.
    ///
    /// - Returns: What it has not taken.
    @discardableResult
    func finish(_ end: Result<Void, AMQPError>) -> [Delivery] {
        let (left, waiters, starters) = state.withLock { state in
            defer {
                state.deliveries.removeAll()
                state.waiters.removeAll()
                state.starters.removeAll()
            }
            if state.end == nil { state.end = end }
            return (Array(state.deliveries), state.waiters, state.starters)
        }
        for waiter in waiters { waiter.continuation.resume(returning: end.map { nil }) }
        let ended = AMQPError(.closed, "the consumer has ended")
        for starter in starters { starter.resume(returning: end.flatMap { .failure(ended) }) }
        return left
    }

    func start() {
        let starters = state.withLock { state in
            state.hasStarted = true
            defer { state.starters.removeAll() }
            return state.starters
        }
        for starter in starters { starter.resume(returning: .success(())) }
    }

    func started() async throws(AMQPError) {
        let result = await withCheckedContinuation { continuation in
            let ready = state.withLock { state -> Result<Void, AMQPError>? in
                if state.hasStarted { return .success(()) }
                if let end = state.end {
                    return end.flatMap { .failure(AMQPError(.closed, "the consumer has ended")) }
                }
                state.starters.append(continuation)
                return nil
            }
            if let ready { continuation.resume(returning: ready) }
        }
        try result.get()
    }
}

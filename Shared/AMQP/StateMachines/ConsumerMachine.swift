/// The life of one consumer on one connection after another.
struct ConsumerMachine: Sendable {
    enum Action: Sendable, Hashable {
        case send(ClientMethod)
        /// The broker has confirmed the consumer.
        case started
        /// Try again on a new channel after a while.
        case retry(after: Duration)
        /// It never worked and waiting will not help.
        case failed(AMQPError)
        /// The channel's number can be used again; deliveries of it can no longer be settled.
        case released
        /// Nothing more will come.
        case ended
    }

    private enum State: Sendable {
        /// For a connection, or for the time of a retry.
        case waiting
        case opening(ChannelSetup)
        case consuming
        /// The loop was left; the broker was told and has not answered.
        case cancelling
        /// What was delivered is being settled.
        case draining
        case closing(ends: Bool)
        case ended
    }

    static let tag = "deliveries"

    private var state = State.waiting
    private var delay: BackoffDelay
    private var hasStarted = false
    /// Whether its queue was looked for and is not there: it is to be made.
    private(set) var isMissing = false

    init(backoff: Backoff) {
        delay = BackoffDelay(backoff)
    }

    /// Whether it can be started on a connection now.
    var isWaiting: Bool { if case .waiting = state { true } else { false } }

    /// Whether new deliveries are wanted.
    var isConsuming: Bool { if case .consuming = state { true } else { false } }

    mutating func connect(_ setup: ChannelSetup) -> [Action] {
        guard case .waiting = state else { return [] }
        state = .opening(setup)
        return [.send(setup.begin())]
    }

    mutating func received(
        _ method: ServerMethod, using generator: inout some RandomNumberGenerator
    ) -> [Action] {
        switch (state, method) {
        case (.closing(let ends), .channelCloseOk):
            return [.released] + leaveOrRetry(ends, &generator)
        case (.closing, .channelClose):
            // Both sides closed at once; each answers the other.
            return [.send(.channelCloseOk)]
        case (.opening(let setup), .channelClose(let code, let text)):
            let error = AMQPError(refusal: code, text, subject: setup.subject)
            // An exchange that is missing is declared by someone who may only be starting.
            isMissing = setup.isLooking && error.code == .notFound
            let isAwaited = isMissing || setup.isBinding && error.code == .notFound
            guard !hasStarted, !isAwaited, error.isPermanent || error.code == .resourceLocked else {
                return [.send(.channelCloseOk), .released] + leaveOrRetry(false, &generator)
            }
            state = .ended
            return [.send(.channelCloseOk), .released, .failed(error)]
        case (.cancelling, .channelClose), (.draining, .channelClose):
            return [.send(.channelCloseOk), .released] + leaveOrRetry(true, &generator)
        case (_, .channelClose):
            return [.send(.channelCloseOk), .released] + leaveOrRetry(false, &generator)
        case (.opening(var setup), _):
            let action = setup.received(method)
            state = .opening(setup)
            switch action {
            case .send(let next): return [.send(next)]
            case .finished:
                state = .consuming
                hasStarted = true
                isMissing = false
                delay.reset()
                return [.started]
            case .failed, .none: return []
            }
        case (.consuming, .cancel):
            state = .closing(ends: false)
            return [.send(.channelClose)]
        case (.cancelling, .cancel), (.cancelling, .cancelOk):
            state = .draining
            return []
        default:
            return []
        }
    }

    /// The loop was left.
    mutating func leave() -> [Action] {
        switch state {
        case .waiting:
            state = .ended
            return [.ended]
        case .opening:
            state = .closing(ends: true)
            return [.send(.channelClose)]
        case .consuming:
            state = .cancelling
            return [.send(.cancel(tag: Self.tag))]
        case .closing:
            state = .closing(ends: true)
            return []
        case .cancelling, .draining, .ended:
            return []
        }
    }

    /// - Parameter outstanding: How many deliveries of the channel are not settled.
    mutating func settled(outstanding: Int) -> [Action] {
        guard case .draining = state, outstanding == 0 else { return [] }
        state = .closing(ends: true)
        return [.send(.channelClose)]
    }

    /// The connection is gone.
    mutating func lost() -> [Action] {
        switch state {
        case .waiting, .ended: return []
        case .opening, .consuming, .closing(ends: false):
            state = .waiting
            return [.released]
        case .cancelling, .draining, .closing(ends: true):
            state = .ended
            return [.released, .ended]
        }
    }

    private mutating func leaveOrRetry(_ ends: Bool, _ generator: inout some RandomNumberGenerator) -> [Action] {
        guard !ends else {
            state = .ended
            return [.ended]
        }
        state = .waiting
        return [.retry(after: delay.next(using: &generator))]
    }
}

import DequeModule
import Threading

/// The connection that publishes and calls. Its thread is the only one that touches the connection.
actor Publisher {
    enum Command: Sendable {
        case send(Outgoing)
        case cancel(id: UInt64)
        case close
    }

    /// A body of which a part was sent. Nothing else may go on its channel before the rest.
    struct Partial {
        let body: [UInt8]
        let channel: UInt16
        var offset: Int
    }

    static let confirmChannel: UInt16 = 1
    static let callChannel: UInt16 = 2
    static let replyQueue = "amq.rabbitmq.reply-to"

    nonisolated let thread = PinnedThread(name: "amqp-publish")
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }
    nonisolated let inbox: Inbox<Command>
    let board: StatusBoard
    let configuration: BrokerConfiguration

    var wire: Wire?
    /// `nil` once a channel is ready.
    var confirmSetup: ChannelSetup?
    var callSetup: ChannelSetup?
    var confirmAssembly: ContentAssembly
    var callAssembly: ContentAssembly
    var blocked: String?
    var lastError: AMQPError?

    var waiting: Deque<PendingMessage> = []
    var window: ConfirmWindow<PendingMessage>
    var waitingCalls: Deque<PendingMessage> = []
    /// Calls that were sent, by their correlation id.
    var openCalls: [String: PendingMessage] = [:]
    var partial: Partial?
    /// Messages to exchanges that the broker does not have, by the exchange, and when the first of them is tried again.
    var absent: [String: (retryAt: ContinuousClock.Instant, messages: Deque<PendingMessage>)] = [:]
    /// How long a message to an exchange that does not exist waits before it is tried again.
    static let absence = Duration.milliseconds(500)

    private var commands: [Command] = []
    private var lost: CheckedContinuation<AMQPError?, Never>?
    private var nextExpiry: ContinuousClock.Instant?
    private var nextHeartbeat: ContinuousClock.Instant?
    private var closing: Closing?
    private var watched: (descriptor: Int32?, writable: Bool, deadline: ContinuousClock.Instant?) = (nil, false, nil)

    /// First what is on its way is given a moment, then the connection is closed with the broker.
    private enum Closing {
        case finishing(until: ContinuousClock.Instant)
        case saying(until: ContinuousClock.Instant)
        case done
    }

    init(_ configuration: BrokerConfiguration, board: StatusBoard) {
        self.configuration = configuration
        self.board = board
        inbox = Inbox(thread: thread)
        window = ConfirmWindow(limit: configuration.publishWindow)
        confirmAssembly = ContentAssembly(limit: configuration.maximumBodySize)
        callAssembly = ContentAssembly(limit: configuration.maximumBodySize)
        // Weak: the thread must not keep its actor.
        thread.watch([]) { [weak self] _ in
            self?.assumeIsolated { $0.turn() }
        }
    }

    /// Uses a connection until it ends.
    ///
    /// - Returns: Why it broke; `nil` when the task was cancelled and the connection was closed in order.
    func serve(_ wire: sending Wire) async -> AMQPError? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                lost = continuation
                begin(wire)
                // The handler may have run, and been listened to, before there was anything to close.
                if Task.isCancelled { inbox.post(.close) }
                turn()
            }
        } onCancel: {
            inbox.post(.close)
        }
    }

    /// Takes note of why there is no connection, for messages whose time runs out meanwhile.
    func note(_ error: AMQPError) {
        lastError = error
    }

    /// Fails everything that waits and everything that comes later.
    func end(_ error: AMQPError) {
        inbox.close(error)
        turn()
        takeUpAbsent { _ in true }
        for pending in waiting { pending.outgoing.failed(error) }
        for pending in window.drain() { pending.outgoing.failed(error) }
        for pending in waitingCalls { pending.outgoing.failed(error) }
        for pending in openCalls.values { pending.outgoing.failed(error) }
        waiting.removeAll()
        waitingCalls.removeAll()
        openCalls.removeAll()
    }

    // MARK: - Turns

    /// One round: what was asked, what arrived, what can be sent, what is overdue.
    private func turn() {
        let now = ContinuousClock.now
        accept(now)
        takeUpAbsent { $0 <= now }
        if let wire {
            do throws(AMQPError) {
                try receive(wire)
                try transmit(wire)
                try advanceClosing(wire, now)
            } catch {
                lose(error)
            }
        }
        if let nextExpiry, nextExpiry <= now { expire(now) }
        watch(now)
    }

    private func accept(_ now: ContinuousClock.Instant) {
        inbox.take(&commands)
        for command in commands {
            switch command {
            case .send(let outgoing):
                if outgoing.isCall {
                    waitingCalls.append(PendingMessage(outgoing: outgoing))
                } else {
                    waiting.append(PendingMessage(outgoing: outgoing))
                }
                nextExpiry = min(nextExpiry ?? outgoing.deadline, outgoing.deadline)
            case .cancel(let id):
                cancel(id)
            case .close:
                if wire != nil, closing == nil { closing = .finishing(until: now + .seconds(1)) }
            }
        }
        // Let go of the messages; the array itself is used again.
        commands.removeAll(keepingCapacity: true)
    }

    private func begin(_ wire: sending Wire) {
        closing = nil
        blocked = nil
        nextHeartbeat = nil
        confirmAssembly = ContentAssembly(limit: configuration.maximumBodySize)
        callAssembly = ContentAssembly(limit: configuration.maximumBodySize)
        let host = wire.endpoint.description
        self.wire = wire
        do throws(AMQPError) {
            try openConfirmChannel()
            try openCallChannel()
            board.set(.publish, .up(host: host))
        } catch {
            lose(error)
        }
    }

    /// What was sent and not settled goes again, in its order, before anything new.
    private func lose(_ error: AMQPError?) {
        wire?.close()
        wire = nil
        partial = nil
        blocked = nil
        lastError = error
        takeUpAbsent { _ in true }
        waiting.prepend(contentsOf: window.drain())
        waitingCalls.prepend(contentsOf: openCalls.values)
        openCalls.removeAll()
        lost?.resume(returning: error)
        lost = nil
    }

    private func advanceClosing(_ wire: Wire, _ now: ContinuousClock.Instant) throws(AMQPError) {
        switch closing {
        case .finishing(let limit):
            let idle = waiting.isEmpty && window.unsettled == 0 && partial == nil
            guard idle || blocked != nil || limit <= now else { return }
            if wire.isWritable { try wire.send(.connectionClose, on: 0) }
            closing = .saying(until: now + .seconds(1))
        case .saying(let limit):
            if limit <= now { lose(nil) }
        case .done:
            lose(nil)
        case nil:
            break
        }
    }

    /// The broker has agreed to the end.
    func closed() {
        closing = .done
    }

    private func watch(_ now: ContinuousClock.Instant) {
        var deadline = nextExpiry
        if let wire {
            // Between half a heartbeat and the next is when the library sends its own and looks for the peer's.
            if nextHeartbeat.map({ $0 <= now }) ?? true { nextHeartbeat = now + wire.heartbeat / 2 }
            if let nextHeartbeat { deadline = min(deadline ?? nextHeartbeat, nextHeartbeat) }
            switch closing {
            case .finishing(let limit), .saying(let limit): deadline = min(deadline ?? limit, limit)
            case .done, nil: break
            }
            for (retryAt, _) in absent.values { deadline = min(deadline ?? retryAt, retryAt) }
        }
        let wanted = (wire?.descriptor, wire != nil && wantsToWrite, deadline)
        // A deadline that has come has been forgotten by the thread.
        if wanted == watched, deadline.map({ $0 > now }) ?? true { return }
        watched = wanted
        let descriptors = wire.map { [Descriptor($0.descriptor, wantsToWrite ? [.readable, .writable] : .readable)] }
        thread.watch(descriptors ?? [], deadline: deadline)
    }

    // MARK: - Ends of messages

    private func cancel(_ id: UInt64) {
        let error = AMQPError(.cancelled, "the task that waited for the broker was cancelled")
        remove(where: { $0.outgoing.id == id }, { _ in error })
    }

    private func expire(_ now: ContinuousClock.Instant) {
        remove(where: { $0.outgoing.deadline <= now }, overdue)
        var next: ContinuousClock.Instant?
        func consider(_ pending: PendingMessage) {
            next = min(next ?? pending.outgoing.deadline, pending.outgoing.deadline)
        }
        waiting.forEach(consider)
        for (_, messages) in absent.values { messages.forEach(consider) }
        window.entries.forEach(consider)
        waitingCalls.forEach(consider)
        openCalls.values.forEach(consider)
        nextExpiry = next
    }

    private func remove(where condition: (PendingMessage) -> Bool, _ error: (PendingMessage) -> AMQPError) {
        func ends(_ pending: PendingMessage) -> Bool {
            guard condition(pending) else { return false }
            pending.outgoing.failed(error(pending))
            return true
        }
        waiting.removeAll(where: ends)
        for (exchange, held) in absent {
            var messages = held.messages
            messages.removeAll(where: ends)
            absent[exchange]?.messages = messages
        }
        window.giveUp(where: ends)
        waitingCalls.removeAll(where: ends)
        openCalls = openCalls.filter { !ends($0.value) }
    }

    /// Why a message whose time is over did not make it.
    private func overdue(_ pending: PendingMessage) -> AMQPError {
        let message = pending.outgoing.message
        let what = "the message to '\(message.exchange)' with the routing key '\(message.routingKey)'"
        if absent[message.exchange] != nil {
            return AMQPError(.notFound, "the broker has no exchange '\(message.exchange)', for which \(what) waited")
        }
        if let blocked {
            return AMQPError(
                .blocked, "the broker takes no messages for now", cause: "\(blocked); \(what) was not confirmed in time"
            )
        }
        if pending.attempts > 0 {
            return pending.outgoing.isCall
                ? AMQPError(.timedOut, "no reply came in time to \(what)", cause: lastError?.description)
                : AMQPError(
                    .indeterminate, "\(what) was sent and not confirmed in time; it may be stored or not",
                    cause: lastError?.description)
        }
        if wire == nil {
            guard let lastError else {
                return AMQPError(.timedOut, "there was no connection in time for \(what)")
            }
            return AMQPError(lastError.code, "no connection in time for \(what)", cause: lastError.description)
        }
        return AMQPError(.timedOut, "there was no room in time to send \(what)")
    }
}

import DequeModule
import Threading

/// The connection that consumes, one channel for each consumer. Its thread is the only one that touches the connection.
actor Subscriber {
    enum Command: Sendable {
        case subscribe(id: UInt64, Subscription.Source, prefetch: UInt16, DeliveryBuffer)
        case leave(id: UInt64)
        case survey(QueueSurvey, CheckedContinuation<[String: Int]?, Never>)
        case settle(channel: UInt16, epoch: UInt64, tag: UInt64, Delivery.Verdict)
        case close
    }

    nonisolated let thread = PinnedThread(name: "amqp-consume")
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }
    nonisolated let inbox: Inbox<Command>
    private let board: StatusBoard
    private let configuration: BrokerConfiguration
    private let topology: Topology

    private var wire: Wire?
    private var subscriptions: [UInt64: Subscription] = [:]
    private var channels: [UInt16: UInt64] = [:]
    private var surveys: [UInt16: (survey: QueueSurvey, continuation: CheckedContinuation<[String: Int]?, Never>)] = [:]
    private var epoch: UInt64 = 0
    /// What is to be sent, in order, while the socket has room.
    private var outbox: Deque<(channel: UInt16, method: ClientMethod)> = []
    private var generator = SystemRandomNumberGenerator()

    private var commands: [Command] = []
    private var lost: CheckedContinuation<AMQPError?, Never>?
    private var nextHeartbeat: ContinuousClock.Instant?
    private var closingUntil: ContinuousClock.Instant?
    private var watched: (descriptor: Int32?, writable: Bool, deadline: ContinuousClock.Instant?) = (nil, false, nil)

    init(_ configuration: BrokerConfiguration, topology: Topology, board: StatusBoard) {
        self.configuration = configuration
        self.topology = topology
        self.board = board
        inbox = Inbox(thread: thread)
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
                nextHeartbeat = nil
                closingUntil = nil
                board.set(.consume, .up(host: wire.endpoint.description))
                self.wire = wire
                // The handler may have run, and been listened to, before there was anything to close.
                if Task.isCancelled { inbox.post(.close) }
                turn()
            }
        } onCancel: {
            inbox.post(.close)
        }
    }

    /// Ends all loops, and those that are begun later.
    func end(_ end: Result<Void, AMQPError>) {
        inbox.close(AMQPError(.closed, "the broker's connections have been closed"))
        turn()
        for subscription in subscriptions.values { subscription.buffer.finish(end) }
        subscriptions.removeAll()
    }

    // MARK: - Turns

    private func turn() {
        let now = ContinuousClock.now
        accept(now)
        if let wire {
            do throws(AMQPError) {
                connectWaiting(now)
                try receive(wire, now)
                try transmit(wire)
                if let closingUntil, closingUntil <= now { lose(nil) }
            } catch {
                lose(error)
            }
        }
        watch(now)
    }

    private func accept(_ now: ContinuousClock.Instant) {
        inbox.take(&commands)
        for command in commands {
            switch command {
            case .subscribe(let id, let source, let prefetch, let buffer):
                subscriptions[id] = Subscription(
                    source: source, prefetch: prefetch, buffer: buffer,
                    machine: ConsumerMachine(backoff: configuration.backoff),
                    assembly: ContentAssembly(limit: configuration.maximumBodySize))
            case .leave(let id):
                perform(subscriptions[id]?.machine.leave() ?? [], on: id, now)
            case .survey(let survey, let continuation): begin(survey, continuation)
            case .settle(let channel, let epoch, let tag, let verdict):
                settle(channel, epoch, tag, verdict, now)
            case .close:
                guard wire != nil, closingUntil == nil else { break }
                outbox.append((0, .connectionClose))
                closingUntil = now + .seconds(1)
            }
        }
        commands.removeAll(keepingCapacity: true)
    }

    /// Starts the consumers that wait for a connection or whose time to try again has come.
    private func connectWaiting(_ now: ContinuousClock.Instant) {
        guard closingUntil == nil else { return }
        for (id, subscription) in subscriptions where subscription.machine.isWaiting {
            if let retryAt = subscription.retryAt, retryAt > now { continue }
            guard let channel = freeChannel() else { return }
            epoch += 1
            channels[channel] = id
            subscriptions[id]?.retryAt = nil
            subscriptions[id]?.channel = channel
            subscriptions[id]?.epoch = epoch
            subscriptions[id]?.outstanding.removeAll()
            subscriptions[id]?.assembly = ContentAssembly(limit: configuration.maximumBodySize)
            let setup = subscription.setup(topology, statesLimits: configuration.statesLimits(wire?.version))
            perform(subscriptions[id]?.machine.connect(setup) ?? [], on: id, now)
        }
    }

    private func freeChannel() -> UInt16? {
        (1...2047).first { channels[$0] == nil && surveys[$0] == nil }
    }

    private func begin(_ survey: QueueSurvey, _ continuation: CheckedContinuation<[String: Int]?, Never>) {
        guard wire != nil, closingUntil == nil, let channel = freeChannel() else {
            return continuation.resume(returning: nil)
        }
        surveys[channel] = (survey, continuation)
        outbox.append((channel, survey.begin()))
    }

    private func go(on channel: UInt16, _ method: ServerMethod) {
        for action in surveys[channel]?.survey.received(method) ?? [] {
            switch action {
            case .send(let next): outbox.append((channel, next))
            case .finished:
                guard let (survey, continuation) = surveys.removeValue(forKey: channel) else { return }
                continuation.resume(returning: survey.lengths)
            }
        }
    }

    private func receive(_ wire: Wire, _ now: ContinuousClock.Instant) throws(AMQPError) {
        while let (channel, frame) = try wire.receive() {
            guard channel != 0 else {
                if case .method(let method) = frame { try connectionSays(method, wire) }
                continue
            }
            if surveys[channel] != nil {
                if case .method(let method) = frame { go(on: channel, method) }
                continue
            }
            guard let id = channels[channel] else {
                throw AMQPError(.protocolViolation, "\(wire.endpoint) sent a frame on a channel that is not open")
            }
            switch frame {
            case .method(.deliver(let tag, let redelivered, let exchange, let routingKey)):
                try assembled(
                    subscriptions[id]?.assembly.begin(
                        .delivered(tag: tag, redelivered: redelivered), exchange: exchange, routingKey: routingKey),
                    id, channel)
            case .header(let size, let properties):
                try assembled(subscriptions[id]?.assembly.header(bodySize: size, properties), id, channel)
            case .body(let part):
                try assembled(subscriptions[id]?.assembly.body(part), id, channel)
            case .method(let method):
                perform(subscriptions[id]?.machine.received(method, using: &generator) ?? [], on: id, now)
                settleDrained(id, now)
            }
        }
    }

    private func connectionSays(_ method: ServerMethod, _ wire: Wire) throws(AMQPError) {
        switch method {
        case .connectionClose(let code, let text):
            try wire.send(.connectionCloseOk, on: 0)
            throw AMQPError(.connectionLost, "\(wire.endpoint) closed the connection", cause: "\(code) \(text)")
        case .connectionCloseOk:
            closingUntil = .now
        default:
            // A connection that only consumes is not blocked.
            break
        }
    }

    private func assembled(
        _ result: ContentAssembly.Result?, _ id: UInt64, _ channel: UInt16
    ) throws(AMQPError) {
        switch result {
        case .message(.delivered(let tag, let redelivered), let message):
            guard let subscription = subscriptions[id] else { return }
            guard subscription.machine.isConsuming else {
                outbox.append((channel, .settle(tag: tag, .requeue)))
                return
            }
            subscriptions[id]?.outstanding.insert(tag)
            let epoch = subscription.epoch
            let delivery = Delivery(message: message, redelivered: redelivered) { [inbox] verdict in
                inbox.post(.settle(channel: channel, epoch: epoch, tag: tag, verdict))
            }
            if !subscription.buffer.push(delivery) { delivery.settle(.requeue) }
        case .oversized(.delivered(let tag, _), _):
            // To the parking queue, if there is one: taking it would take the memory of all others.
            outbox.append((channel, .settle(tag: tag, .reject)))
        case .violation(let error):
            throw error
        case .incomplete, .message, .oversized, nil:
            break
        }
    }

    private func settle(
        _ channel: UInt16, _ epoch: UInt64, _ tag: UInt64, _ verdict: Delivery.Verdict, _ now: ContinuousClock.Instant
    ) {
        guard let id = channels[channel], subscriptions[id]?.epoch == epoch,
            subscriptions[id]?.outstanding.remove(tag) != nil
        else { return }
        outbox.append((channel, .settle(tag: tag, verdict)))
        settleDrained(id, now)
    }

    private func settleDrained(_ id: UInt64, _ now: ContinuousClock.Instant) {
        guard let outstanding = subscriptions[id]?.outstanding.count, outstanding == 0 else { return }
        perform(subscriptions[id]?.machine.settled(outstanding: 0) ?? [], on: id, now)
    }

    private func perform(_ actions: [ConsumerMachine.Action], on id: UInt64, _ now: ContinuousClock.Instant) {
        for action in actions {
            guard let subscription = subscriptions[id] else { return }
            switch action {
            case .send(let method):
                if let channel = subscription.channel { outbox.append((channel, method)) }
            case .started:
                subscription.buffer.start()
            case .retry(let wait):
                subscriptions[id]?.retryAt = now + wait
            case .released:
                if let channel = subscription.channel { channels[channel] = nil }
                subscriptions[id]?.channel = nil
                subscriptions[id]?.outstanding.removeAll()
                subscription.buffer.clear()
            case .failed(let error):
                subscription.buffer.finish(.failure(error))
                subscriptions[id] = nil
            case .ended:
                subscription.buffer.finish(.success(()))
                subscriptions[id] = nil
            }
        }
    }

    private func transmit(_ wire: Wire) throws(AMQPError) {
        while !outbox.isEmpty, wire.isWritable {
            var budget = Wire.writeBudget
            while budget > 0, let (channel, method) = outbox.popFirst() {
                try wire.enqueue(method, on: channel)
                if case .settle = method { budget -= 32 } else { budget -= 4096 }
            }
            try wire.flush()
        }
    }

    private func lose(_ error: AMQPError?) {
        wire?.close()
        wire = nil
        outbox.removeAll()
        for id in Array(subscriptions.keys) {
            perform(subscriptions[id]?.machine.lost() ?? [], on: id, .now)
            subscriptions[id]?.retryAt = nil
        }
        channels.removeAll()
        for (_, continuation) in surveys.values { continuation.resume(returning: nil) }
        surveys.removeAll()
        lost?.resume(returning: error)
        lost = nil
    }

    private func watch(_ now: ContinuousClock.Instant) {
        var deadline: ContinuousClock.Instant?
        if let wire {
            if nextHeartbeat.map({ $0 <= now }) ?? true { nextHeartbeat = now + wire.heartbeat / 2 }
            let retries = subscriptions.values.compactMap(\.retryAt)
            deadline = ([nextHeartbeat, closingUntil].compactMap(\.self) + retries).min()
        }
        let writes = wire != nil && !outbox.isEmpty
        let wanted = (wire?.descriptor, writes, deadline)
        // A deadline that has come has been forgotten by the thread.
        if wanted == watched, deadline.map({ $0 > now }) ?? true { return }
        watched = wanted
        let descriptors = wire.map { [Descriptor($0.descriptor, writes ? [.readable, .writable] : .readable)] }
        thread.watch(descriptors ?? [], deadline: deadline)
    }
}

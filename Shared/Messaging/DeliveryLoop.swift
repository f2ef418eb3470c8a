public import AMQP
import Contracts
public import Logging
import Measures
import Metrics
import ServiceLifecycle

/// The loop of everything that consumes: takes its deliveries, gives each to a handler, and settles it by how that
/// ended. Counts and times each, and logs it under the same keys.
///
/// | the handler | the delivery |
/// |---|---|
/// | returns | is acked |
/// | throws ``MessageFailure/permanent(_:)`` | is parked with the reason, then acked |
/// | throws ``MessageFailure/later(_:)`` | comes again after ``RetryPolicy/later`` as the same attempt |
/// | throws ``MessageFailure/newer(_:)`` | is held until this service is updated; see ``HeldMessages`` |
/// | throws an ``OutageError`` that is one | is handled again until the outage is over; see ``Failure/retry`` |
/// | throws anything else | as ``Failure`` says |
/// | is cancelled, or what settles it fails | goes back to the queue |
/// | throws, and listens to what is sent to all | is passed over: no queue outlives its listener |
///
/// The handler runs with ``MessageContext/current``, so that what it sends carries on the trace. ``QueueConsumer``,
/// ``RequestServer``, ``Bus/take(_:from:logger:offer:)`` and ``Bus/announcements(_:on:logger:)`` are made of it.
public struct DeliveryLoop: Sendable {
    public typealias Handle = @Sendable (IncomingMessage, MessageContext) async throws -> Void

    /// Which deliveries are handled at the same time; never more than the prefetch count.
    public enum Order: Sendable {
        case concurrent
        /// One at a time, in the queue's order.
        case serial
        /// Those with the same key one after another in the queue's order, in so many lanes beside each other.
        case lanes(Int, key: @Sendable (IncomingMessage) -> String)
    }

    /// What becomes of a delivery whose handler failed in another way than for good.
    public enum Failure: Sendable {
        /// It comes again after a delay, and is parked after the last attempt of ``RetryPolicy``. In an ``OutageError``'s
        /// outage it is held, so that what follows stays in the queue, and no attempt counts.
        case retry
        /// It goes back to its queue after this time.
        case requeue(after: Duration)
        /// It is handled again here every so often: back in the queue it would lose its place.
        case stay(every: Duration)
    }

    private let bus: Bus
    private let parking: Bus
    /// The queue that is consumed, or what stands for it where ``subscribes``: the exchange by whose name it is counted.
    let queue: Queue
    private let subscribes: Bool
    private let prefetch: Int
    private let order: Order
    private let failure: Failure
    private let outage: OutagePause
    private let logger: Logger

    /// How often a held delivery is handled again, and after how long it goes to a delay instead: before the
    /// broker's `consumer_timeout` of 30 minutes.
    struct OutagePause: Sendable {
        var every = Duration.seconds(5)
        var hold = Duration.seconds(1_200)
    }

    /// - Parameters:
    ///   - parking: Where what cannot be handled is parked; `nil` for the broker of `bus`.
    ///   - prefetch: How many deliveries may be unacked, and so at most how many are handled at the same time.
    public init(
        bus: Bus, parking: Bus? = nil, queue: Queue, prefetch: Int, order: Order = .concurrent,
        failure: Failure = .retry, logger: Logger
    ) {
        self.init(
            bus: bus, parking: parking, queue: queue, prefetch: prefetch, order: order, failure: failure,
            outage: OutagePause(), logger: logger)
    }

    /// The loop of one who listens to what is sent to all, from now on.
    init(bus: Bus, exchange: String, prefetch: Int, logger: Logger) {
        self.init(
            bus: bus, queue: Queue(exchange), subscribes: true, prefetch: prefetch, failure: .retry,
            outage: OutagePause(), logger: logger)
    }

    init(
        bus: Bus, parking: Bus? = nil, queue: Queue, subscribes: Bool = false, prefetch: Int,
        order: Order = .concurrent, failure: Failure, outage: OutagePause, logger: Logger
    ) {
        self.outage = outage
        self.subscribes = subscribes
        self.bus = bus
        self.parking = parking ?? bus
        self.queue = queue
        self.prefetch = prefetch
        self.order = order
        self.failure = failure
        var logger = logger
        logger[metadataKey: "queue"] = "\(queue.name)"
        self.logger = logger
    }

    /// Handles deliveries until graceful shutdown, and ends after those that have begun.
    /// - Throws: `AMQPError` where the queue cannot be consumed.
    public func run(_ handle: @escaping Handle) async throws {
        let deliveries = deliveries().cancelOnGracefulShutdown()
        switch order {
        case .serial: for try await delivery in deliveries { await process(delivery, handle) }
        case .concurrent:
            try await withThrowingDiscardingTaskGroup { group in
                for try await delivery in deliveries { group.addTask { await process(delivery, handle) } }
            }
        case .lanes(let count, let key):
            try await withThrowingDiscardingTaskGroup { group in
                // The broker gives no more than the prefetch count before it has acks, which bounds the lanes.
                let lanes = (0..<count).map { _ in AsyncStream.makeStream(of: Delivery.self) }
                defer { for lane in lanes { lane.continuation.finish() } }
                for lane in lanes {
                    group.addTask { for await delivery in lane.stream { await process(delivery, handle) } }
                }
                for try await delivery in deliveries {
                    let lane = Int(key(delivery.message).hashValue.magnitude % UInt(count))
                    lanes[lane].continuation.yield(delivery)
                }
            }
        }
    }

    /// What comes of the queue or the exchange. Each is to be given to ``process(_:_:)``.
    func deliveries() -> Deliveries {
        subscribes
            ? bus.broker.subscribe(exchange: queue.name, routingKeys: [""], prefetch: prefetch)
            : bus.broker.deliveries(of: queue.name, prefetch: prefetch)
    }

    // MARK: - One delivery

    private enum Outcome: String { case handled, retried, held, parked, returned, passed }

    /// Not now: back to the queue, without a word.
    struct NotNow: Error {}

    /// Handles and settles one delivery.
    func process(_ delivery: Delivery, _ handle: Handle) async {
        let context = MessageContext(delivery, at: bus.login)
        let type = delivery.message.properties.type ?? "none"
        var logger = self.logger
        logger[metadataKey: "message"] = "\(context.id)"
        logger[metadataKey: "type"] = "\(type)"
        if let run = context.run { logger[metadataKey: "run"] = "\(run)" }
        if let trace = Traceparent.trace(of: context.traceparent) { logger[metadataKey: "trace"] = "\(trace)" }
        let began = ContinuousClock.now
        let outcome = await settle(delivery, context, handle, logger)
        Measure.messages.counter(queue.name, type, outcome.rawValue).increment()
        Measure.messageSeconds.timer(queue.name, type).record(duration: ContinuousClock.now - began)
    }

    private func settle(
        _ delivery: Delivery, _ context: MessageContext, _ handle: Handle, _ logger: Logger
    ) async -> Outcome {
        do {
            let outcome = try await outcome(of: delivery, context, handle, logger)
            if outcome == .returned { try await requeue(delivery) } else { try await delivery.ack() }
            return outcome
        } catch {
            // Its connection is gone, or the retry could not be stored: the broker delivers it again.
            logger.warning("message goes back to its queue", metadata: ["error": "\(error)"])
            do { try await delivery.requeue() } catch {
                logger.debug("requeue failed", metadata: ["error": "\(error)"])
            }
            return .returned
        }
    }

    /// The broker counts how often a message comes back, and parks or drops one that takes its consumers down with it. One
    /// that is given back in good order is sent anew before that, with a count that begins again.
    private func requeue(_ delivery: Delivery) async throws {
        guard case .requeue = failure, delivery.message.returns >= Queue.returnLimit else {
            return try await delivery.requeue()
        }
        try await bus.broker.publish(delivery.message.again(in: queue, at: bus.login))
        try await delivery.ack()
    }

    private func outcome(
        of delivery: Delivery, _ context: MessageContext, _ handle: Handle, _ logger: Logger
    ) async throws -> Outcome {
        let began = ContinuousClock.now
        while true {
            do {
                // Who asks is answered so; see ``RequestServer``.
                if queue.kind != .requests, let refusal = bus.login.refusal(of: delivery.message, in: queue) {
                    throw MessageFailure.permanent(refusal)
                }
                try await MessageContext.$current.withValue(context) { try await handle(delivery.message, context) }
                return .handled
            } catch is CancellationError {
                // The service is being stopped the hard way: another one takes it.
                return .returned
            } catch is NotNow {
                return .returned
            } catch  where subscribes {
                logger.error("message is passed over", metadata: ["error": "\(error)"])
                return .passed
            } catch MessageFailure.permanent(let reason) {
                return try await park(delivery, reason: reason, logger)
            } catch MessageFailure.newer(let reason) {
                guard queue.holds else {
                    logger.info("a wake of a newer version is passed over", metadata: ["reason": "\(reason)"])
                    return .passed
                }
                let parks = try await hold(delivery, by: bus, attempt: context.attempt, reason, logger)
                guard let parks else { return .held }
                return try await park(delivery, reason: parks, logger)
            } catch MessageFailure.later(let reason, let delay) {
                logger.info("message waits", metadata: ["after": "\(delay.duration)", "reason": "\(reason)"])
                return try await send(delivery, by: delay, asAttempt: context.attempt)
            } catch {
                switch failure {
                case .retry:
                    guard (error as? any OutageError)?.isOutage == true else {
                        return try await retry(delivery, context, error: error, logger)
                    }
                    guard began.duration(to: .now) < outage.hold else {
                        return try await send(delivery, by: RetryPolicy.later, asAttempt: context.attempt)
                    }
                    logger.warning(
                        "message waits for the end of an outage",
                        metadata: ["after": "\(outage.every)", "error": "\(error)"])
                    await sleep(outage.every)
                    if Task.isCancelled || Task.isShuttingDownGracefully { return .returned }
                case .requeue(let pause):
                    logger.warning("message goes back to its queue", metadata: ["error": "\(error)"])
                    await sleep(pause)
                    return .returned
                case .stay(let pause):
                    logger.warning(
                        "message will be tried again", metadata: ["after": "\(pause)", "error": "\(error)"])
                    await sleep(pause)
                    if Task.isCancelled || Task.isShuttingDownGracefully { return .returned }
                }
            }
        }
    }

    private func sleep(_ duration: Duration) async {
        do {
            try await cancelWhenGracefulShutdown { try await Task.sleep(for: duration) }
        } catch {
            // The service ends: it goes back at once.
        }
    }

    private func retry(
        _ delivery: Delivery, _ context: MessageContext, error: any Error, _ logger: Logger
    ) async throws -> Outcome {
        guard case .retry(let delay) = RetryPolicy.decide(afterAttempt: context.attempt) else {
            return try await park(delivery, reason: "\(context.attempt) attempts failed; the last: \(error)", logger)
        }
        logger.warning(
            "message will be tried again",
            metadata: ["attempt": "\(context.attempt)", "after": "\(delay.duration)", "error": "\(error)"])
        return try await send(delivery, by: delay, asAttempt: context.attempt + 1)
    }

    private func send(
        _ delivery: Delivery, by delay: RetryPolicy.Delay, asAttempt attempt: Int
    ) async throws -> Outcome {
        var message = delivery.message.resent(to: queue.again, routingKey: delay.name, at: bus.login)
        message.properties.headers[Header.attempt] = .integer(Int64(attempt))
        try await bus.broker.publish(message)
        return .retried
    }

    private func park(_ delivery: Delivery, reason: String, _ logger: Logger) async throws -> Outcome {
        logger.error("message is parked", metadata: ["reason": "\(reason)"])
        try await parking.park(delivery.message, from: queue, reason: reason)
        return .parked
    }
}

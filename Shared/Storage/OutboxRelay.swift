import Contracts
public import Logging
import Measures
public import Messaging
import Metrics
public import ServiceLifecycle

/// Publishes what is in the ``Outbox``: what is left from before at its start, then whatever is committed, as soon as
/// it is. A row is removed when its message is confirmed; a message that fails is sent again under the same id. Nothing
/// polls. A row that cannot be read is set aside, and the others go.
///
/// On graceful shutdown it waits for the confirms under way; what is not published stays in the file.
public struct OutboxRelay: Service {
    private enum Event: Sendable {
        case committed, timer, stop
        case published(Int64)
        case failed(Int64, String)
        /// Confirmed, and its row could not be removed.
        case stayed(Int64)
    }

    private let store: Store
    private let outbox: Outbox
    private let window: Int
    private let logger: Logger
    private let setAside: @Sendable (UnreadableMessage) async throws -> Void
    private let publish: @Sendable (PreparedMessage) async throws -> Void

    /// - Parameters:
    ///   - window: how many messages may wait for their confirm at a time.
    ///   - setAside: takes a row that this version cannot read to where people see it; one that it leaves stays in the table, and
    ///     is tried again at the next start.
    ///   - publish: returns once the broker has confirmed the message.
    public init(
        store: Store, outbox: Outbox, window: Int = 100, logger: Logger,
        setAside: @escaping @Sendable (UnreadableMessage) async throws -> Void = { _ in },
        publish: @escaping @Sendable (PreparedMessage) async throws -> Void
    ) {
        self.store = store
        self.outbox = outbox
        self.window = window
        self.logger = logger
        self.setAside = setAside
        self.publish = publish
    }

    /// Publishes until the service ends.
    public func run() async throws {
        let (events, continuation) = AsyncStream.makeStream(of: Event.self)
        try await withGracefulShutdownHandler {
            try await withThrowingTaskGroup(of: Void.self) { group in
                let wakes = outbox.committed.wakes
                group.addTask { for await _ in wakes { continuation.yield(.committed) } }
                try await relay(events, continuation, &group)
                group.cancelAll()
            }
        } onGracefulShutdown: {
            continuation.yield(.stop)
        }
    }

    private func relay(
        _ events: AsyncStream<Event>, _ continuation: AsyncStream<Event>.Continuation,
        _ group: inout ThrowingTaskGroup<Void, any Error>
    ) async throws {
        var state = RelayState(window: window)
        var messages: [Int64: PreparedMessage] = [:]
        /// The rows that are only to be removed.
        var confirmed: Set<Int64> = []
        var iterator = events.makeAsyncIterator()
        var timer: ContinuousClock.Instant?
        var unreadable = 0
        let backlog = Measure.outboxWaiting.gauge()
        while !Task.isCancelled {
            switch state.next(now: .now) {
            case .load(let after, let limit):
                do {
                    let page = try await store.read { [outbox] in try outbox.page(after: after, limit: limit, in: $0) }
                    for row in page.rows { messages[row.sequence] = row.message }
                    for row in page.unreadable { await putAside(row, &unreadable) }
                    state.loaded(
                        page.rows.map { .init(sequence: $0.sequence, key: $0.key) },
                        beside: page.unreadable.map(\.sequence), limit: limit)
                } catch {
                    logger.error("the outbox cannot be read", metadata: ["error": "\(error)"])
                    state.loadFailed()
                    try await Task.sleep(for: .seconds(1))
                }
                backlog.record(state.backlog)
            case .publish(let sequence):
                guard let message = messages[sequence] else {
                    state.published(sequence)
                    continue
                }
                let isConfirmed = confirmed.contains(sequence)
                group.addTask {
                    continuation.yield(
                        isConfirmed ? await remove(sequence) : await send(message, sequence))
                }
            case .wait(let until):
                if let until, timer.map({ $0 <= .now || until < $0 }) ?? true {
                    timer = until
                    group.addTask {
                        try await Task.sleep(until: until, clock: .continuous)
                        continuation.yield(.timer)
                    }
                }
                guard let event = await iterator.next() else { return }
                switch event {
                case .committed: state.committed()
                case .timer: break
                case .stop: state.stop()
                case .published(let sequence):
                    messages[sequence] = nil
                    confirmed.remove(sequence)
                    state.published(sequence)
                    backlog.record(state.backlog)
                case .stayed(let sequence):
                    confirmed.insert(sequence)
                    _ = state.failed(sequence, now: .now, jitter: Double.random(in: 0...1))
                case .failed(let sequence, let reason):
                    _ = state.failed(sequence, now: .now, jitter: Double.random(in: 0...1))
                    logger.warning(
                        "a message was not published and will be retried",
                        metadata: ["message": "\(messages[sequence]?.id.rawValue ?? "")", "error": "\(reason)"])
                }
            case .finished: return
            }
        }
    }

    private func putAside(_ row: UnreadableMessage, _ count: inout Int) async {
        count += 1
        Measure.outboxSetAside.gauge().record(count)
        logger.error(
            "a row of the outbox cannot be read and is set aside",
            metadata: ["message": "outbox.\(row.sequence)", "reason": "\(row.reason)"])
        do {
            try await setAside(row)
        } catch {
            logger.error(
                "it stays in the outbox until the next start",
                metadata: ["message": "outbox.\(row.sequence)", "error": "\(error)"])
        }
    }

    /// Publishes one message and removes its row.
    private func send(_ message: PreparedMessage, _ sequence: Int64) async -> Event {
        do {
            try await publish(message)
        } catch {
            Measure.outboxFailed.counter().increment()
            return .failed(sequence, "\(error)")
        }
        Measure.outboxPublished.counter().increment()
        return await remove(sequence)
    }

    /// Should the service end before the row could be removed, the message is sent again under the same id.
    private func remove(_ sequence: Int64) async -> Event {
        do {
            try await store.write { [outbox] in try outbox.remove(sequence, in: $0) }
            return .published(sequence)
        } catch {
            logger.error("the row of a published message is still in the outbox", metadata: ["error": "\(error)"])
            return .stayed(sequence)
        }
    }
}

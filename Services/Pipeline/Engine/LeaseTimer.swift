import Contracts
import Logging
import ServiceLifecycle
import Storage

/// Has what is due done when it is due: sleeps until the next deadline there is, and looks again when one has come
/// nearer. While nothing runs it does nothing.
struct LeaseTimer: Service {
    let engine: RunEngine
    /// Whether the broker is connected: without it no worker can be heard, and silence says nothing.
    let isConnected: @Sendable () async -> Bool
    let logger: Logger

    func run() async throws {
        do {
            try await cancelWhenGracefulShutdown { try await watch() }
        } catch is CancellationError {
            // Shutting down: the next life goes on from what is in the database.
        }
    }

    private func watch() async throws {
        /// Whether workers have had the time to be heard since this service, its broker or its store was away.
        var outages = engine.outages
        var isFair = await extendLeases()
        let wakes = engine.deadlines.wakes
        var iterator = wakes.makeAsyncIterator()
        while !Task.isCancelled {
            let next = try await nextDeadline()
            if let next, next <= .now {
                let isConnected = await isConnected()
                let isWhole = outages == engine.outages
                if isConnected, isFair, isWhole {
                    try await expire()
                } else {
                    outages = engine.outages
                    let isExtended = await extendLeases()
                    isFair = isExtended && isConnected
                    try await Task.sleep(for: .seconds(1))
                }
                continue
            }
            guard await wait(until: next, &iterator) else { return }
        }
    }

    /// - Returns: whether every worker has a whole lease from now on.
    private func extendLeases() async -> Bool {
        do {
            try await engine.extendLeases()
            return true
        } catch {
            logger.error("leases cannot be extended", metadata: ["error": "\(error)"])
            return false
        }
    }

    private func nextDeadline() async throws -> Timestamp? {
        do {
            return try await engine.nextDeadline()
        } catch let error as CancellationError {
            throw error
        } catch {
            logger.error("deadlines cannot be read", metadata: ["error": "\(error)"])
            return Timestamp.now.adding(.seconds(1))
        }
    }

    private func expire() async throws {
        do {
            try await engine.expire()
        } catch {
            logger.error("leases cannot be ended", metadata: ["error": "\(error)"])
            try await Task.sleep(for: .seconds(1))
        }
    }

    /// Deadlines are by the wall clock, which may be set meanwhile: it is looked at every minute while there is one.
    private static let look: Int64 = 60_000

    /// - Returns: `false` when the service ends.
    private func wait(until next: Timestamp?, _ iterator: inout AsyncStream<Void>.Iterator) async -> Bool {
        guard let next else { return await iterator.next() != nil }
        let pause = Duration.milliseconds(min(Self.look, max(1, next.milliseconds - Timestamp.now.milliseconds)))
        let timer = Task { [deadlines = engine.deadlines] in
            try await Task.sleep(for: pause)
            deadlines.wake()
        }
        defer { timer.cancel() }
        return await iterator.next() != nil
    }
}

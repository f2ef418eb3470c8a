import Contracts
import Logging
import ServiceLifecycle
import Storage

/// Has what is due by the time of the day done when it is due, such as the end of a freeze: sleeps until the next deadline
/// there is, and looks again when one has come nearer. While nothing waits it does nothing.
///
/// Leases and time limits are none of its: they count by ``HeardTime``.
struct DeadlineTimer: Service {
    let engine: RunEngine
    let logger: Logger

    func run() async throws {
        do {
            try await cancelWhenGracefulShutdown { try await watch() }
        } catch is CancellationError {
            // Shutting down: the next life goes on from what is in the database.
        }
    }

    private func watch() async throws {
        let wakes = engine.deadlines.wakes
        var iterator = wakes.makeAsyncIterator()
        while !Task.isCancelled {
            let next = try await nextDeadline()
            if let next, next <= .now {
                try await expire()
                continue
            }
            guard await wait(until: next, &iterator) else { return }
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
            logger.error("what is due cannot be done", metadata: ["error": "\(error)"])
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

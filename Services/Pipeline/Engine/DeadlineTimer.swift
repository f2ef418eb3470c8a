import Contracts
import Logging
import ServiceLifecycle
import Storage

/// Has what is due by the time of the day done when it is due, such as the end of a freeze or a schedule: sleeps until the
/// next deadline there is, and looks again when one has come nearer. While nothing waits it does nothing.
///
/// Leases and time limits are none of its: they count by ``HeardTime``.
struct DeadlineTimer: Service {
    let engine: RunEngine
    /// Whether other processes use the same database: what they make due wakes nobody here, and is looked for.
    var isShared = false
    /// Deadlines are by the wall clock, which may be set meanwhile: it is looked at this often while there is one.
    var look = Duration.seconds(60)
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
        while try await !resume() { try await Task.sleep(for: .seconds(1)) }
        while !Task.isCancelled {
            let next = try await nextDeadline()
            if let next, next <= .now {
                try await expire()
                continue
            }
            guard await wait(until: next, &iterator) else { return }
        }
    }

    /// - Returns: whether all schedules could be looked at that start no run any more.
    private func resume() async throws -> Bool {
        do {
            try await engine.resumeSchedules()
            return true
        } catch let error as CancellationError {
            throw error
        } catch {
            logger.error("schedules cannot be read", metadata: ["error": "\(error)"])
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
            logger.error("what is due cannot be done", metadata: ["error": "\(error)"])
            try await Task.sleep(for: .seconds(1))
        }
    }

    /// - Returns: `false` when the service ends.
    private func wait(until next: Timestamp?, _ iterator: inout AsyncStream<Void>.Iterator) async -> Bool {
        guard next != nil || isShared else { return await iterator.next() != nil }
        let rest = next.map { Duration.milliseconds(max(1, $0.milliseconds - Timestamp.now.milliseconds)) }
        let pause = min(look, rest ?? look)
        let timer = Task { [deadlines = engine.deadlines] in
            try await Task.sleep(for: pause)
            deadlines.wake()
        }
        defer { timer.cancel() }
        return await iterator.next() != nil
    }
}

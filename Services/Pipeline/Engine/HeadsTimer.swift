import Contracts
import Logging
import ServiceLifecycle
import Storage

/// Has the heads of repositories compared with the pushes that arrived, each every few minutes; see ``HeadsSchedule``.
struct HeadsTimer: Service {
    let engine: RunEngine
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            do {
                if engine.configuration.comparesHeads { try await watch() } else { try await forget() }
            } catch {
                // Cancelled: the service ends.
            }
        }
    }

    /// Due ones are taken together, so that many repositories do not have it at work all the time.
    private static let pace = Duration.seconds(15)

    private func watch() async throws {
        let configuration = engine.configuration
        let pace = min(Self.pace, configuration.headsInterval / 20)
        var schedule = HeadsSchedule(
            interval: configuration.headsInterval, patience: configuration.headsPatience)
        var iterator = engine.comparisons.wakes.makeAsyncIterator()
        while !Task.isCancelled {
            var next: ContinuousClock.Instant?
            do {
                schedule.note(try await engine.store.read { try $0.heads.standings() }, now: .now)
                for path in schedule.takeDue(now: .now) {
                    try await engine.store.write { try engine.askForHeads(of: path, in: $0) }
                }
                next = schedule.next.map { max($0, .now + pace) }
            } catch let error as CancellationError {
                throw error
            } catch {
                logger.warning("heads cannot be asked for", metadata: ["error": "\(error)"])
                next = .now + .seconds(15)
            }
            guard await wait(until: next, &iterator) else { return }
        }
    }

    /// - Returns: `false` when the service ends.
    private func wait(
        until next: ContinuousClock.Instant?, _ iterator: inout AsyncStream<Void>.Iterator
    ) async -> Bool {
        guard let next else { return await iterator.next() != nil }
        let timer = Task { [comparisons = engine.comparisons] in
            try await Task.sleep(until: next, clock: .continuous)
            comparisons.wake()
        }
        defer { timer.cancel() }
        return await iterator.next() != nil
    }

    /// While nothing is compared pushes go by: what is found later is where everything begins.
    private func forget() async throws {
        while !Task.isCancelled {
            do {
                try await engine.store.write { try $0.heads.forgetComparisons() }
                return try await gracefulShutdown()
            } catch let error as CancellationError {
                throw error
            } catch {
                logger.warning("comparisons of heads cannot be ended", metadata: ["error": "\(error)"])
                try await Task.sleep(for: .seconds(15))
            }
        }
    }
}

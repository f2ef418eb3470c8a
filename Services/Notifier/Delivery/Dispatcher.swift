import Contracts
import Logging
import ServiceLifecycle
import Storage

/// Sends what waits for one channel. Each channel has its own dispatcher, so that one that hangs holds up no other.
struct Dispatcher: Service {
    let outlet: Outlet
    let store: NotificationStore
    let logger: Logger
    /// How many are on their way at a time, each of another run.
    var width = 4
    /// How it waits for as long as the other side asks.
    var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                let wake = outlet.wake
                group.addTask { await dispatch(waking: wake) }
                await group.waitForAll()
            }
        }
    }

    private func dispatch(waking wake: Signal) async {
        var wakes = wake.wakes.makeAsyncIterator()
        // What the address asked for before a restart still holds.
        var mayBePaused = true
        while !Task.isCancelled {
            do {
                if mayBePaused {
                    let pause = try await store.pause(for: outlet.endpoint)
                    if pause > .zero { try await sleep(pause) }
                    mayBePaused = false
                }
                let due = try await store.due(for: outlet.endpoint, limit: width)
                if !due.isEmpty {
                    let pause = await send(due)
                    if pause > .zero { try await sleep(pause) }
                    continue
                }
                // Until something is added or the next retry is due; nothing polls.
                let next = try await store.nextDue(for: outlet.endpoint)
                let alarm = next.map { next in
                    Task {
                        let wait = max(0, next.milliseconds - Timestamp.now.milliseconds)
                        try await Task.sleep(for: .milliseconds(wait + 1))
                        wake.wake()
                    }
                }
                _ = await wakes.next()
                alarm?.cancel()
            } catch is CancellationError {
                return
            } catch {
                logger.error(
                    "notifications cannot be read", metadata: ["address": "\(outlet.label)", "error": "\(error)"])
                do { try await Task.sleep(for: .seconds(5)) } catch { return }
            }
        }
    }

    /// - Returns: how long the channel is to be left alone.
    private func send(_ notifications: [Notification]) async -> Duration {
        await withTaskGroup(of: Duration.self) { group in
            for notification in notifications { group.addTask { await send(notification) } }
            return await group.reduce(.zero, max)
        }
    }

    private func send(_ notification: Notification) async -> Duration {
        let began = Timestamp.now
        let outcome = await outlet.channel.send(notification)
        // Cancelled in the middle: whether it arrived is unknown, and it goes again under the same id.
        guard !Task.isCancelled else { return .zero }
        let attempt = notification.attempts + 1
        let verdict = DeliveryPolicy.decide(afterAttempt: attempt, outcome, jitter: .random(in: 0..<1))
        do {
            let over = try await store.record(outcome, verdict, of: notification, began: began)
            outlet.metrics.waiting(by: -over)
        } catch {
            logger.error(
                "an attempt cannot be recorded", metadata: ["message": "\(notification.event)", "error": "\(error)"])
            do { try await Task.sleep(for: .seconds(5)) } catch { return .zero }
        }
        outlet.metrics.posted(verdict)
        log(verdict, outcome, notification, attempt)
        return DeliveryPolicy.pause(after: outcome)
    }

    private func log(_ verdict: DeliveryVerdict, _ outcome: PostOutcome, _ notification: Notification, _ attempt: Int) {
        let metadata: Logger.Metadata = [
            "message": "\(notification.event)", "address": "\(outlet.label)", "attempt": "\(attempt)",
            "outcome": "\(outcome)",
        ]
        switch verdict {
        case .delivered: logger.debug("notification delivered", metadata: metadata)
        case .retry: logger.notice("notification will be tried again", metadata: metadata)
        case .disable:
            logger.warning(
                """
                the address answered 410 Gone and is told nothing more; name it in SLIPWAY_WEBHOOK_ENABLE at a start \
                to switch it on again
                """, metadata: metadata)
        case .giveUp: logger.error("notification given up", metadata: metadata)
        }
    }
}

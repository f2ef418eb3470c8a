import Measures
import Metrics
import Synchronization

/// What the slots of a worker wait for that should come soon: a report's confirm, the end of work that was stopped, an
/// answer to a claim. A slot that has waited for longer than the patience is stalled: it is told to who asks for the
/// worker's readiness and shown as the gauge `slipway_slots_stalled`. Steps that run are none of it, they have timeouts.
final class SlotWatch: Sendable {
    private struct Wait {
        var what: String
        var since: ContinuousClock.Instant
        var error: String?
        /// Of what is tried anew from time to time: without another failure by then it is taken to work again.
        var lapses: ContinuousClock.Instant?
        var isTold = false

        func isStalled(at now: ContinuousClock.Instant, _ patience: Duration) -> Bool {
            now - since >= patience && lapses.map { now < $0 } ?? true
        }

        func text(at now: ContinuousClock.Instant) -> String {
            "\(what) for \((now - since).components.seconds) s" + (error.map { ": \($0)" } ?? "")
        }
    }

    /// How often something is tried that fails at once, at least.
    static let lapse = Duration.seconds(60)

    private let patience: Duration
    private let gauge: Gauge
    private let waits = Mutex<[String: Wait]>([:])

    init(worker: String, patience: Duration) {
        self.patience = patience
        gauge = Measure.slotsStalled.gauge(worker)
    }

    /// Something begins that should end soon.
    /// - Parameters:
    ///   - key: whose it is; each waits for one thing at a time.
    ///   - what: such as `job … waits for …`.
    func begin(_ key: String, _ what: String, at now: ContinuousClock.Instant = .now) {
        waits.withLock { $0[key] = Wait(what: what, since: now) }
    }

    /// What has begun failed and goes again.
    func failed(_ key: String, _ error: any Error) {
        waits.withLock { $0[key]?.error = "\(error)" }
    }

    /// Something failed that says nothing when it works again.
    func failed(_ key: String, _ what: String, _ error: any Error, at now: ContinuousClock.Instant = .now) {
        waits.withLock { waits in
            var wait =
                waits[key].flatMap { $0.lapses.map { now < $0 } ?? true ? $0 : nil } ?? Wait(what: what, since: now)
            (wait.error, wait.lapses) = ("\(error)", now.advanced(by: Self.lapse))
            waits[key] = wait
        }
    }

    func end(_ key: String) {
        waits.withLock { $0[key] = nil }
    }

    /// What the stalled slots wait for.
    func stalled(at now: ContinuousClock.Instant = .now) -> [String] {
        waits.withLock { waits in
            waits.values.filter { $0.isStalled(at: now, patience) }.map { $0.text(at: now) }.sorted()
        }
    }

    /// Brings the gauge up to date.
    /// - Returns: What has stalled since the last time.
    func look(at now: ContinuousClock.Instant = .now) -> [String] {
        let (count, new) = waits.withLock { waits in
            let stalled = waits.filter { $0.value.isStalled(at: now, patience) }
            let new = stalled.filter { !$0.value.isTold }
            for key in new.keys { waits[key]?.isTold = true }
            return (stalled.count, new.values.map { $0.text(at: now) }.sorted())
        }
        gauge.record(count)
        return new
    }
}

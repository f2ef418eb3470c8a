import Synchronization

/// Whether a worker takes jobs: one that had to give a job back for a fault of its own pauses, each time for twice as long,
/// and then tries with one job at a time until one does not meet such a fault. It takes nothing either while it is not ready,
/// such as while its Docker Engine is away.
final class WorkerHealth: Sendable {
    private struct State {
        var isReady = true
        var fault: String?
        var pause = WorkerHealth.shortest
        var until: ContinuousClock.Instant?
        /// Who tries.
        var probe: Int?
    }

    /// The first pause, and the longest.
    static let shortest = Duration.seconds(5)
    static let longest = Duration.seconds(300)
    /// How often a slot looks whether it may take something.
    static let look = Duration.milliseconds(500)

    private let state = Mutex(State())

    /// Whether a slot may ask for a job.
    func mayTake(_ slot: Int, at now: ContinuousClock.Instant = .now) -> Bool {
        state.withLock { state in
            guard state.isReady else { return false }
            guard state.fault != nil else { return true }
            guard state.until.map({ $0 <= now }) ?? true, state.probe == nil || state.probe == slot else {
                return false
            }
            state.probe = slot
            return true
        }
    }

    /// A slot asked and was given nothing.
    func tookNothing(_ slot: Int) {
        state.withLock { if $0.probe == slot { $0.probe = nil } }
    }

    /// A job has ended here.
    /// - Parameter fault: of the worker's own; `nil` where it met none.
    func ended(_ fault: String?, at now: ContinuousClock.Instant = .now) {
        state.withLock { state in
            guard let fault else {
                state = State(isReady: state.isReady)
                return
            }
            // Those that were at work meanwhile met the same.
            if state.until.map({ $0 <= now }) ?? true {
                state.pause = state.fault == nil ? Self.shortest : min(state.pause * 2, Self.longest)
                state.until = now.advanced(by: state.pause)
            }
            state.fault = fault
            state.probe = nil
        }
    }

    func isReady(_ isReady: Bool) {
        state.withLock { $0.isReady = isReady }
    }

    /// Why it takes no jobs, for people; `nil` where it does.
    func problem(at now: ContinuousClock.Instant = .now) -> String? {
        state.withLock { state in
            guard let fault = state.fault else { return nil }
            let isPausing = state.until.map { $0 > now } ?? false
            return
                "\(isPausing ? "pauses for \(state.pause.components.seconds) s" : "tries with one job") after: \(fault)"
        }
    }
}

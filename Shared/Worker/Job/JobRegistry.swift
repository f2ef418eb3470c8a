import Contracts
import Synchronization

/// The jobs of this worker, so that a cancellation finds its job, and also one that comes before its job does.
final class JobRegistry: Sendable {
    private struct Running {
        var attempt: Int
        var cancel: @Sendable (JobStop) -> Void
    }

    private struct State {
        var running: [JobID: Running] = [:]
        /// Cancellations of jobs that are not here, the newest last. Those of other workers come here as well.
        var early: [JobCancelled] = []
    }

    private static let earlyLimit = 1024
    private let state = Mutex(State())

    /// Enters a job. Where it was cancelled already, `cancel` is called before this returns.
    /// - Returns: `false` if the job runs here in this attempt or a newer one: it is not to be run twice.
    func enter(_ job: JobID, attempt: Int, cancel: @escaping @Sendable (JobStop) -> Void) -> Bool {
        let (entered, stop) = state.withLock { state -> (Bool, JobStop?) in
            if let running = state.running[job], running.attempt >= attempt { return (false, nil) }
            let superseded = state.running[job]
            state.running[job] = Running(attempt: attempt, cancel: cancel)
            superseded?.cancel(JobStop("a newer attempt of the job has begun", successor: .attempt))
            let early = state.early.last { $0.job == job && $0.attempt >= attempt }
            return (true, early.map { JobStop($0) })
        }
        if let stop { cancel(stop) }
        return entered
    }

    func leave(_ job: JobID, attempt: Int) {
        state.withLock { state in
            if state.running[job]?.attempt == attempt { state.running[job] = nil }
        }
    }

    /// How many jobs run.
    var count: Int { state.withLock { $0.running.count } }

    func cancel(_ message: JobCancelled) {
        let cancel = state.withLock { state -> (@Sendable (JobStop) -> Void)? in
            state.early.removeAll { $0.job == message.job && $0.attempt <= message.attempt }
            state.early.append(message)
            if state.early.count > Self.earlyLimit { state.early.removeFirst() }
            guard let running = state.running[message.job], running.attempt <= message.attempt else { return nil }
            return running.cancel
        }
        cancel?(JobStop(message))
    }
}

import Synchronization

/// The life of one step's processes: a stop asked for before the first has started is not lost.
final class ProcessSession: Sendable {
    private struct State {
        var process: Int32?
        /// The stop came before the first process had ended.
        var wasStopped = false
        /// The first process has ended and something else runs.
        var hasLeft = false
        var ending: Task<Void, Never>?
        var closed = false
    }

    private let mark: ProcessMark
    private let grace: Duration
    private let looksForLeft: Bool
    private let state = Mutex(State())

    /// - Parameter looksForLeft: Whether ``close()`` is to say if something was left running: it costs a look at all
    ///   processes.
    init(mark: ProcessMark, grace: Duration, looksForLeft: Bool = false) {
        self.mark = mark
        self.grace = grace
        self.looksForLeft = looksForLeft
    }

    /// Whether the first process had not ended by itself when ``stop()`` was called.
    var wasStopped: Bool { state.withLock { $0.wasStopped } }

    /// The first process runs; it leads its own session.
    func started(_ process: Int32) {
        state.withLock { state in
            state.process = process
            if state.wasStopped { end(&state, grace) }
        }
    }

    /// Ends the processes, with the grace.
    func stop() {
        state.withLock { state in
            guard !state.closed else { return }
            // One that is over, and whose output is still read, is what it came to.
            if state.process.map(ProcessTable.hasEnded) != true { state.wasStopped = true }
            if state.process != nil { end(&state, grace) }
        }
    }

    /// Kills what is left.
    func stopNow() {
        state.withLock { state in
            noteLeft(&state)
            end(&state, .zero)
        }
    }

    /// Call when the first process has ended: kills what it left behind, and waits until all is gone.
    /// - Returns: Whether it left something running behind without a stop.
    @discardableResult
    func close() async -> Bool {
        let ending = state.withLock { state in
            noteLeft(&state)
            state.closed = true
            return state.ending
        }
        // One that is under way still keeps to the grace, which is for those left behind as well.
        await ending?.value
        await ProcessSweep.end(mark, session: nil, grace: .zero)
        return state.withLock(\.hasLeft)
    }

    private func noteLeft(_ state: inout State) {
        if looksForLeft, state.ending == nil, !ProcessTable.find(mark, session: nil).isEmpty { state.hasLeft = true }
    }

    private func end(_ state: inout State, _ grace: Duration) {
        guard state.ending == nil, !state.closed else { return }
        let mark = mark
        let process = state.process
        state.ending = Task { _ = await ProcessSweep.end(mark, session: process, grace: grace) }
    }
}

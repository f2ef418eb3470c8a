import Contracts

/// The rollouts of one workload: one at a time, never an older one after a newer one. Their sequence grows with the
/// run that asks for them, whenever its build got ready; what is older and has not begun gives way, and so does what is
/// older, has begun and is stuck.
struct RolloutQueue: Sendable, Equatable {
    struct Rollout: Sendable, Equatable {
        var job: JobID
        var run: RunID
        var sequence: Int64
        var state: JobLease.State
        /// Whether its worker says that it does not get on.
        var isStuck = false
        /// Whose run it is of.
        var repository = RepositoryPath(rawValue: "")
        /// The environment it is to, as far as that was looked at.
        var environment: String?
        /// Whether people have to approve it before it goes.
        var needsApproval = false
    }

    enum Verdict: Sendable, Equatable {
        case dispatch
        /// Another one is under way.
        case hold
        /// A newer one, of this run, was there first.
        case superseded(by: RunID)
    }

    /// Those that have not ended.
    var rollouts: [Rollout]
    /// The newest that was ever begun, of each repository; under no name, one that may be of any.
    var newest: [RepositoryPath: Begun] = [:]

    /// A rollout that was given to a worker.
    struct Begun: Sendable, Equatable {
        var sequence: Int64
        var run: RunID
    }

    /// What becomes of a rollout that is ready (or ready again), and which ones have to give way to it. Those of another
    /// repository take turns with it: whose the workload is shows where it is changed, and nobody ends another's by naming it.
    func admit(_ rollout: Rollout) -> (verdict: Verdict, superseded: [JobID]) {
        let others = rollouts.filter { $0.job != rollout.job }
        if let newest = begun(after: rollout) { return (.superseded(by: newest), []) }
        // One that is not approved yet may never go, and does not keep others from going.
        let newer = others.filter { $0.isNewer(than: rollout) && $0.state != .waiting }
        if let winner = newer.max(by: { $0.sequence < $1.sequence }) { return (.superseded(by: winner.run), []) }
        let older = others.filter { rollout.isNewer(than: $0) && [.waiting, .held, .queued].contains($0.state) }
        let gone = Set(older.map(\.job))
        let isBusy = others.contains { !gone.contains($0.job) && $0.state != .held && $0.state != .waiting }
        return (isBusy ? .hold : .dispatch, older.map(\.job))
    }

    /// What becomes of a rollout that waits to be approved, or for the end of a freeze: the run of a newer one that it gives
    /// way to, and the older ones that give way to it. One that waits gives way to a newer one to the same environment that
    /// does so too, unless people have approved it and the newer one not yet.
    func wait(_ rollout: Rollout) -> (winner: RunID?, superseded: [JobID]) {
        if let newest = begun(after: rollout) { return (newest, []) }
        let newer = rollouts.filter { $0.isNewer(than: rollout) && ($0.state != .waiting || $0.supersedes(rollout)) }
        if let winner = newer.max(by: { $0.sequence < $1.sequence }) { return (winner.run, []) }
        let older = rollouts.filter { rollout.isNewer(than: $0) && $0.state == .waiting && rollout.supersedes($0) }
        return (nil, older.map(\.job))
    }

    /// The run of a newer rollout of the same repository that was begun.
    private func begun(after rollout: Rollout) -> RunID? {
        [newest[rollout.repository], newest[RepositoryPath(rawValue: "")]].compactMap { $0 }
            .filter { $0.sequence > rollout.sequence && $0.run != rollout.run }.max { $0.sequence < $1.sequence }?.run
    }

    /// Those that are under way and stuck while a newer one of another run waits for them: they are stopped.
    func displaced() -> [(job: JobID, by: RunID)] {
        rollouts.filter { $0.state == .leased && $0.isStuck }.compactMap { stuck in
            let newer = rollouts.filter { $0.state == .held && $0.isNewer(than: stuck) }
            return newer.max { $0.sequence < $1.sequence }.map { (stuck.job, $0.run) }
        }
    }

    /// The held rollout whose turn it is, now that one has ended; `nil` while another is under way.
    func next() -> JobID? {
        guard !rollouts.contains(where: { $0.state == .queued || $0.state == .leased }) else { return nil }
        return rollouts.filter { $0.state == .held }.min { $0.sequence < $1.sequence }?.job
    }

    /// The sequence of a step's rollout: first by run, then by the step's place in it.
    static func sequence(serial: Int64, step: Int) -> Int64 { serial << 16 | Int64(step & 0xFFFF) }
}

extension RolloutQueue.Rollout {
    /// Whether it is of a later run of the same repository.
    fileprivate func isNewer(than other: Self) -> Bool {
        repository == other.repository && run != other.run && sequence > other.sequence
    }

    /// Whether, being newer, it is to be waited for in the place of an older one that waits as well.
    fileprivate func supersedes(_ older: Self) -> Bool {
        environment == older.environment && (older.needsApproval || !needsApproval)
    }
}

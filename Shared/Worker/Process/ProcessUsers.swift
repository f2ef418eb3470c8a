import Synchronization
public import SystemPackage
import Threading

/// The users that the jobs of a worker run as, each of one job at a time, and of one worker of the machine.
public final class ProcessUsers: Sendable {
    public let all: [ProcessUser]
    private let folder: FilePath

    private struct State {
        /// This worker's until it ends: nothing of others is found as them any more.
        var locks: [ProcessUser: FileLock] = [:]
        /// Those of them that no job has.
        var free: [ProcessUser] = []
    }

    private let state = Mutex(State())

    /// How long a job waits until what another worker left running as its user has ended.
    private static let patience = Duration.seconds(60)

    /// - Parameters:
    ///   - groups: groups each of them is in.
    ///   - folder: an existing one that is the same for all workers of the machine, where each says which users it has.
    public init(_ ids: ClosedRange<UInt32>, groups: [UInt32] = [], folder: FilePath) {
        all = ids.compactMap { id in
            var user = ProcessUser(id)
            user?.groups = groups
            return user
        }
        self.folder = folder
    }

    /// Takes one that no other job has, nor another worker; `nil` where there is none.
    public func take() async -> ProcessUser? {
        if let user = state.withLock({ $0.free.popLast() }) { return user }
        for user in all where state.withLock({ $0.locks[user] == nil }) {
            guard let lock = lock(user) else { continue }
            guard await user.end(within: Self.patience) else { continue }
            state.withLock { $0.locks[user] = lock }
            return user
        }
        return nil
    }

    /// Ends all that runs as a user and gives it to other jobs. One whose processes cannot be ended, or whose files not be
    /// removed in time, is given to nobody.
    /// - Returns: whether none of them is left.
    public func release(_ user: ProcessUser, within time: Duration) async -> Bool {
        guard await user.end(within: time) else { return false }
        state.withLock { $0.free.append(user) }
        return true
    }

    /// Ends what an earlier life of this worker, or of another that is no more, left running.
    public func collectLeftovers(within time: Duration) async {
        let end = ContinuousClock.now.advanced(by: time)
        for user in all {
            guard let lock = lock(user) else { continue }
            await user.end(within: ContinuousClock.now.duration(to: end))
            lock.release()
        }
    }

    /// - Returns: `nil` where somebody has the user.
    private func lock(_ user: ProcessUser) -> FileLock? {
        do { return try FileLock.take(folder.appending("user-\(user.id)").string) } catch { return nil }
    }
}

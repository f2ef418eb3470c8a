import Glibc
import Synchronization
import SystemPackage

/// A user of this machine that the processes of one job run as, and no others.
public struct ProcessUser: Sendable, Hashable {
    /// Of the user, and of its group.
    public let id: UInt32
    /// Groups it is in besides.
    public var groups: [UInt32] = []

    /// - Returns: `nil` for root, whose processes are everybody's.
    public init?(_ id: UInt32) {
        guard id != 0, id != .max else { return nil }
        self.id = id
    }

    /// Kills every process of the user, and removes what they left where everybody may write.
    /// - Returns: whether none is left.
    @discardableResult
    func end() async -> Bool {
        guard await ProcessSweep.end(self) else { return false }
        for folder in ["/tmp", "/var/tmp", "/dev/shm"] as [FilePath] { FileTree.removeAll(of: self, in: folder) }
        return true
    }
}

/// The users that the jobs of a worker run as, each of one job at a time.
public final class ProcessUsers: Sendable {
    public let all: [ProcessUser]
    private let free: Mutex<[ProcessUser]>

    /// - Parameter groups: groups each of them is in.
    public init(_ ids: ClosedRange<UInt32>, groups: [UInt32] = []) {
        all = ids.compactMap { id in
            var user = ProcessUser(id)
            user?.groups = groups
            return user
        }
        free = Mutex(all.reversed())
    }

    /// Takes one that no other job has; `nil` where there is none.
    public func take() -> ProcessUser? {
        free.withLock { $0.popLast() }
    }

    /// Ends all that runs as a user and gives it to other jobs. One whose processes cannot be ended is given to nobody.
    /// - Returns: whether none of them is left.
    public func giveBack(_ user: ProcessUser) async -> Bool {
        guard await user.end() else { return false }
        free.withLock { $0.append(user) }
        return true
    }

    /// Ends what an earlier life of the worker left running.
    public func collectLeftovers() async {
        for user in all { await user.end() }
    }
}

import Glibc
public import SystemPackage
import Threading

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

    /// Where everybody of a machine may write.
    public static let sharedFolders: [FilePath] = ["/tmp", "/var/tmp", "/dev/shm", "/run/lock", "/dev/mqueue"]

    /// Kills every process of the user, and removes what they left where everybody may write.
    /// - Returns: whether none is left, and nothing of theirs.
    @discardableResult
    func end(within time: Duration) async -> Bool {
        let end = ContinuousClock.now.advanced(by: time)
        guard await ProcessSweep.end(self) else { return false }
        return await OwnThread.run("remove") {
            Self.sharedFolders.allSatisfy { FileTree.removeAll(of: self, in: $0, until: end) }
        }
    }
}

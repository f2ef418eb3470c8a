public import Messaging
import Synchronization
import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What a service leaves free of the disk that holds its folder: what may wait is not written below it, so that there is room
/// for what may not.
public final class DiskFloor: Sendable {
    private struct State {
        var problem: String?
        var looked: ContinuousClock.Instant?
    }

    /// How long a look at the disk holds.
    private static let look = Duration.seconds(1)
    /// Where no setting says it: one part in so many of the disk, and no more than so many bytes.
    private static let (part, most): (UInt64, UInt64) = (20, 1 << 30)

    private let folder: String
    private let floor: UInt64?
    private let state = Mutex(State())

    /// - Parameters:
    ///   - folder: whose disk it is. Where that cannot be looked at nothing is held up.
    ///   - settings: of the service, with ``CommonSettings/diskFloor``.
    /// - Throws: `SettingsError` where that is no number.
    public init(of folder: String, _ settings: Settings) throws(SettingsError) {
        self.folder = folder
        floor = try settings.optional(CommonSettings.diskFloor).map { UInt64($0) << 20 }
    }

    /// Why nothing is written that may wait, for people; `nil` where there is room.
    public func problem(at now: ContinuousClock.Instant = .now) -> String? {
        state.withLock { state in
            if let looked = state.looked, looked + Self.look > now { return state.problem }
            state.looked = now
            state.problem = measured()
            return state.problem
        }
    }

    /// - Throws: ``DiskAtFloor``.
    public func check() throws(DiskAtFloor) {
        if let problem = problem() { throw DiskAtFloor(description: problem) }
    }

    private func measured() -> String? {
        var status = statvfs()
        guard statvfs(folder, &status) == 0 else { return nil }
        let block = UInt64(status.f_frsize)
        let (size, free) = (UInt64(status.f_blocks) * block, UInt64(status.f_bavail) * block)
        let floor = floor ?? min(size / Self.part, Self.most)
        guard free < floor else { return nil }
        return
            "the disk that holds \(folder) has \(free >> 20) MiB free, and \(floor >> 20) are left free "
            + "(SLIPWAY_DISK_FLOOR): make room, it goes on by itself"
    }
}

/// The disk has as little room as a service leaves it.
public struct DiskAtFloor: OutageError, Sendable, CustomStringConvertible {
    public let description: String
    public var isOutage: Bool { true }
}

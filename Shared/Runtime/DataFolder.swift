import FoundationEssentials
import Logging
public import ServiceLifecycle
import Synchronization
import Threading

/// The folder a process keeps its state in, for itself alone as long as it lives.
///
/// Replicas of a service may be given one folder, as compose gives them one volume. What a service keeps decides which of
/// the ways to share it is right:
/// - ``claim(_:)``: each has its own. The first replica takes the folder itself, later ones `2`, `3` … below it, and a
///   living one looks after what ``abandoned(holding:)`` finds.
/// - ``claimAlone(_:service:)``: one at a time, a second one is refused.
/// - ``Standby``: one at a time, a second one takes over when the first is gone.
public struct DataFolder: Sendable {
    /// Where its owner keeps its state.
    public let path: String
    /// What the setting says: the same for all replicas.
    public let root: String
    private let lock: FileLock

    private static let lockName = "owner.lock"
    /// More replicas than anybody has on one machine.
    private static let limit = 1_000

    /// Takes the first folder that no living process has.
    /// - Throws: ``SettingsError`` where the folder cannot be used.
    public static func claim(_ settings: Settings) throws(SettingsError) -> DataFolder {
        try claim(below: try settings.value(CommonSettings.data))
    }

    /// - Parameter root: the folder itself, or the one of the first replica.
    /// - Throws: ``SettingsError`` where the folder cannot be used.
    public static func claim(below root: String) throws(SettingsError) -> DataFolder {
        for number in 1...limit {
            if let folder = try take(number == 1 ? root : "\(root)/\(number)", root: root) { return folder.kept() }
        }
        throw SettingsError(
            setting: CommonSettings.data.variable, message: "\(limit) processes have a folder below \(root) each",
            remedy: "stop some, or give this one its own folder with \(CommonSettings.data.variable)")
    }

    /// Takes the folder itself, for a service of which one process at a time may run.
    /// - Throws: ``SettingsError`` where another process has it.
    public static func claimAlone(_ settings: Settings, service: String) throws(SettingsError) -> DataFolder {
        let root = try settings.value(CommonSettings.data)
        guard let folder = try take(root, root: root) else {
            throw SettingsError(
                setting: CommonSettings.data.variable,
                message: "another \(service) is running on \(root); only one may at a time",
                remedy: "stop it first, or give this one its own folder with \(CommonSettings.data.variable)")
        }
        return folder.kept()
    }

    private static let claimed = Mutex<[FileLock]>([])

    /// Held until the process ends, whoever keeps this value.
    private func kept() -> DataFolder {
        Self.claimed.withLock { $0.append(lock) }
        return self
    }

    /// The folders beside this one that hold a file of this name and whose owner is gone, each taken for the caller, who
    /// gives them back with ``release()``.
    /// - Throws: ``SettingsError`` for a folder that cannot be taken, or why the root cannot be listed.
    public func abandoned(holding file: String) throws -> [DataFolder] {
        let numbered = try FileManager.default.contentsOfDirectory(atPath: root)
            .filter { Int($0).map { (2...Self.limit).contains($0) } ?? false }
        return try ([root] + numbered.sorted().map { "\(root)/\($0)" })
            .filter { $0 != path && FileManager.default.fileExists(atPath: "\($0)/\(file)") }
            .compactMap { try Self.take($0, root: root) }
    }

    /// Lets others have it.
    public func release() { lock.release() }

    static func take(_ path: String, root: String) throws(SettingsError) -> DataFolder? {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            return try FileLock.take("\(path)/\(lockName)").map { DataFolder(path: path, root: root, lock: $0) }
        } catch {
            throw SettingsError(
                setting: CommonSettings.data.variable, message: "the folder \(path) cannot be used: \(error)",
                remedy: "give a folder this service may write to with \(CommonSettings.data.variable)")
        }
    }
}

/// Services of which one process at a time may run, on a folder that several are given: runs them once this process has
/// the folder, and stands by until then.
public struct Standby: Service {
    private let root: String
    private let logger: Logger
    private let services: @Sendable (DataFolder) async throws -> [any Service]

    /// - Parameters:
    ///   - context: of the service, with its settings.
    ///   - services: makes them, once the folder is this process's.
    /// - Throws: ``SettingsError`` where no folder is set.
    public init(
        _ context: ServiceContext, services: @escaping @Sendable (DataFolder) async throws -> [any Service]
    ) throws(SettingsError) {
        root = try context.settings.value(CommonSettings.data)
        logger = context.logger
        self.services = services
    }

    /// Waits until the folder is free, then runs the service.
    public func run() async throws {
        let folder: DataFolder
        do {
            folder = try await cancelWhenGracefulShutdown { try await take() }
        } catch is CancellationError {
            return
        }
        defer { folder.release() }
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .notice)
        try await ServiceGroup(services: try await services(folder), logger: quiet).run()
    }

    private func take() async throws -> DataFolder {
        if let folder = try DataFolder.take(root, root: root) { return folder }
        logger.notice("another process has the folder; this one stands by", metadata: ["path": "\(root)"])
        while true {
            try await Task.sleep(for: .milliseconds(500))
            if let folder = try DataFolder.take(root, root: root) {
                logger.notice("the folder is free; this one takes over", metadata: ["path": "\(root)"])
                return folder
            }
        }
    }
}

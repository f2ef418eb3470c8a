import Contracts
import FoundationEssentials
import Logging
import Messaging
import Runtime
import ServiceLifecycle
import Storage

/// Publishes what waits in the spools of gateways that are gone, where several share a folder; see `DataFolder`. A spool
/// is held while it is emptied, so that each push goes out once, whoever of the others looks at the same time.
struct AbandonedSpools: Service {
    private let folder: DataFolder
    private let logger: Logger
    private let interval: Duration
    private let publish: @Sendable (PreparedMessage) async throws -> Void

    /// - Parameters:
    ///   - folder: this gateway's.
    ///   - interval: between two looks.
    ///   - publish: returns once the broker has confirmed the message.
    init(
        beside folder: DataFolder, every interval: Duration = .seconds(3), logger: Logger,
        publish: @escaping @Sendable (PreparedMessage) async throws -> Void
    ) {
        self.folder = folder
        self.logger = logger
        self.interval = interval
        self.publish = publish
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                // Told once each, not at every look.
                var complaint: String?
                while !Task.isCancelled {
                    do {
                        for abandoned in try folder.abandoned(holding: Spool.file) {
                            group.addTask { await empty(abandoned) }
                        }
                        complaint = nil
                    } catch {
                        if complaint != "\(error)" {
                            logger.warning("the spools of others cannot be looked at", metadata: ["error": "\(error)"])
                        }
                        complaint = "\(error)"
                    }
                    do { try await Task.sleep(for: interval) } catch { return }
                }
            }
        }
    }

    private func empty(_ abandoned: DataFolder) async {
        defer { abandoned.release() }
        var failures = 0
        while !Task.isCancelled {
            do {
                try await publishAll(in: abandoned.path)
                return
            } catch {
                failures += 1
                if failures == 1, !Task.isCancelled {
                    logger.warning(
                        "the spool of a gateway that is gone cannot be emptied yet",
                        metadata: ["path": "\(abandoned.path)", "error": "\(error)"])
                }
            }
            do { try await Task.sleep(for: interval) } catch { return }
        }
    }

    /// Publishes all that waits and removes the file.
    private func publishAll(in path: String) async throws {
        let store = try Spool.openStore(in: path)
        do {
            var count = 0
            while case let sent = try await publishSome(of: store), sent > 0 { count += sent }
            let left = try await store.read { try Outbox().page(in: $0).unreadable }
            try await store.close()
            if let first = left.first { try setAside(path, left.count, first.reason) }
            for suffix in ["", "-wal", "-shm"] {
                let file = "\(path)/\(Spool.file)\(suffix)"
                if FileManager.default.fileExists(atPath: file) { try FileManager.default.removeItem(atPath: file) }
            }
            if count > 0 {
                logger.notice(
                    "pushes were published that a gateway left that is gone",
                    metadata: ["path": "\(path)", "count": "\(count)"])
            }
        } catch {
            // What was thrown says more than that the file could not be closed.
            try? await store.close()
            throw error
        }
    }

    /// Leaves what this version cannot read where nobody takes it for a spool.
    private func setAside(_ path: String, _ count: Int, _ reason: String) throws {
        let kept = "\(path)/\(Spool.file).unreadable"
        if FileManager.default.fileExists(atPath: kept) { try FileManager.default.removeItem(atPath: kept) }
        try FileManager.default.moveItem(atPath: "\(path)/\(Spool.file)", toPath: kept)
        logger.error(
            "pushes that a gateway left cannot be read; a newer version may: rename the file back for it",
            metadata: ["path": "\(kept)", "count": "\(count)", "reason": "\(reason)"])
    }

    /// - Returns: how many were published; 0 when none waits.
    private func publishSome(of store: Store) async throws -> Int {
        let outbox = Outbox()
        let rows = try await store.read { try outbox.rows(limit: 200, in: $0) }
        // The pushes of a repository one after another, repositories side by side.
        let failure = await withTaskGroup(of: (any Error)?.self) { group in
            for queue in Dictionary(grouping: rows, by: \.key).values {
                group.addTask {
                    do {
                        for row in queue {
                            try Task.checkCancellation()
                            try await publish(row.message)
                            try await store.write { try outbox.remove(row.sequence, in: $0) }
                        }
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            return await group.reduce(nil) { $0 ?? $1 }
        }
        if let failure { throw failure }
        return rows.count
    }
}

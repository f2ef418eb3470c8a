import Contracts
import FoundationEssentials
import Glibc
import Storage

/// A copy of what the platform keeps, in one file: its database as it was at one moment, the logs of the runs that are in
/// it, and the keys where an operator wants them there. The service may run meanwhile.
///
/// The database is a file of SQLite's in the archive, whatever it is kept in, so that it can be restored to either.
struct Backup {
    let store: Store
    /// The folder of the logs.
    let logs: String
    let migrations: [Migration]
    let keys: KeptKeys?
    let passphrase: String?
    let isQuiet: Bool
    /// Slipway's.
    let version: String
    /// Room that has to stay on the archive's disk, in bytes.
    var floor: Int64 = 256 << 20

    /// What was written.
    struct Done: Sendable, Equatable {
        var header: BackupHeader
        var manifest: BackupManifest
    }

    /// Writes the archive; after any error there is none, and nothing else is left.
    func make(at path: String, now: Timestamp = .now) async throws -> Done {
        let writer = try ArchiveWriter(path: path, floor: floor)
        let copy = writer.partial + ".sqlite"
        Self.remove(copy)
        defer { Self.remove(copy) }
        if let space = try await store.space() { try writer.requireRoom(for: 2 * 4096 * Int64(space.pages)) }
        try await store.backup(to: copy, migrations: migrations)
        let kept = PipelineStore(store: try Store.open(asItIs: copy))
        do {
            let done = try await fill(writer, copy, kept, now)
            try await kept.store.close()
            return done
        } catch {
            try? await kept.store.close()
            throw error
        }
    }

    private func fill(
        _ writer: ArchiveWriter, _ copy: String, _ kept: PipelineStore, _ now: Timestamp
    ) async throws -> Done {
        let (platform, runs) = try await kept.read { (try $0.identity.known(), try $0.runs.count()) }
        let header = BackupHeader(
            version: version, madeAt: now, platform: platform ?? "", schema: try await kept.store.applied(),
            isQuiet: isQuiet, keys: keys == nil ? .absent : passphrase == nil ? .plain : .sealed)
        try writer.add(BackupFile.header, Array(Wire.encode(header)))
        guard try writer.add(BackupFile.state, file: copy) else {
            throw BackupError("\(copy) was removed while it was read")
        }
        // After the database: what was printed of its runs by then is there, and those that came later are left out.
        var count = 0
        for spread in try Self.names(in: logs) where spread.utf8.count == 2 {
            let all = try Self.names(in: "\(logs)/\(spread)").filter { $0.hasSuffix(spread) }.map(RunID.init(rawValue:))
            let unknown = Set(try await kept.read { try $0.retention.unknown(all) })
            for run in all where !unknown.contains(run) {
                let folder = LogStreamID.directory(of: run)
                for name in try Self.names(in: "\(logs)/\(folder)")
                where try writer.add("\(BackupFile.logs)\(folder)/\(name)", file: "\(logs)/\(folder)/\(name)") {
                    count += 1
                }
            }
        }
        if let keys { try writer.add(BackupFile.keys, try keys.bytes(sealedWith: passphrase)) }
        let manifest = BackupManifest(runs: runs, logs: count, bytes: writer.bytes, sha256: writer.digest)
        try writer.add(BackupFile.manifest, Array(Wire.encode(manifest)))
        try writer.finish()
        return Done(header: header, manifest: manifest)
    }

    /// What is in a folder; nothing where it is gone, and an error where it cannot be listed.
    private static func names(in folder: String) throws -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        } catch {
            guard access(folder, F_OK) != 0, errno == ENOENT else {
                throw BackupError("the logs in \(folder) cannot be listed: \(error)")
            }
            return []
        }
    }

    /// Removes a file of SQLite's with what is beside it.
    static func remove(_ path: String) {
        for suffix in ["", "-wal", "-shm", "-journal", ".backup"] { unlink(path + suffix) }
    }
}

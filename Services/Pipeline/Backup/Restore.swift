import Contracts
import FoundationEssentials
import Glibc
import Secrets
import Storage

/// What any header has, whatever its form.
private struct Format: Decodable { var format: Int }

/// Puts a backup where there is nothing yet: all of it, or nothing that a service would start with.
struct Restore {
    let archive: String
    let folder: RestoreFolder
    let migrations: [Migration]
    /// Where the keys of an archive go; `nil` leaves them in it.
    let keysFolder: String?
    let passphrase: String?
    /// The platform's keys, where the archive has none.
    let ring: KeyRing?
    /// Whether secrets may be restored that no key is there for.
    let withoutKeys: Bool
    /// By how many the numbers of runs go on; `nil` for as many as may have been given.
    let skip: Int?
    /// Whether what was under way goes on.
    let continuesRuns: Bool
    /// Writes a file of keys.
    let writeKey: @Sendable (_ path: String, _ text: String) throws -> Void
    /// Opens an empty database that takes the place of a file, where one is named.
    let openTarget: (@Sendable () async throws -> Store)?

    /// What was restored.
    struct Done: Sendable {
        var header: BackupHeader
        var manifest: BackupManifest
        var numbers: [(repository: RepositoryPath, known: Int, last: Int)]
        /// What it was restored to.
        var name: String
        /// Whether the keys were written.
        var hasKeys: Bool
        /// Secrets that no key is there for.
        var unread: Int
    }

    /// - Returns: `nil` where a restore was ended that was interrupted when all was put together.
    /// - Throws: ``BackupError``, `StoreError`, ``FileError``; nothing is there then but a database other than a file, where
    ///   it was filled before: done again, it goes on from there.
    func run(now: Timestamp = .now) async throws -> Done? {
        if folder.isWhole {
            try folder.deliver()
            return nil
        }
        let tar = try ArchiveReader(path: archive)
        let (header, manifest) = try verify(tar)
        try check(header)
        let target = try await openTarget?()
        try requireEmpty(target)
        let earlier = try await begunBefore(target)
        let restored = Restored(
            id: earlier ?? MessageID.make(at: now).rawValue, madeAt: header.madeAt, at: now, skip: skip,
            endsRuns: !continuesRuns)
        try folder.begin(restored.id)
        let done: Done
        do {
            let keys = try extract(tar, header)
            if let keysFolder, let conflict = keys?.conflicts(in: keysFolder).first {
                throw BackupError(
                    "\(keysFolder)/\(conflict) is there already, with another key than the archive's: give another folder, "
                        + "or move it away")
            }
            let (numbers, unread) = try await fill(target, restored, keys, header, isFilled: earlier != nil)
            done = Done(
                header: header, manifest: manifest, numbers: numbers, name: target?.name ?? folder.file,
                hasKeys: keys != nil && keysFolder != nil, unread: unread)
            if let keysFolder { try keys?.write(to: keysFolder, writeKey) }
        } catch {
            // A database that was filled knows the restore by its id, which is noted there.
            if target == nil { folder.remove() }
            throw error
        }
        try folder.finish()
        try folder.deliver()
        try await target?.close()
        return done
    }

    /// Brings the archive's database up to date, has it go on as one that was put back, and fills the target with it.
    private func fill(
        _ target: Store?, _ restored: Restored, _ keys: KeptKeys?, _ header: BackupHeader, isFilled: Bool
    ) async throws -> (numbers: [(repository: RepositoryPath, known: Int, last: Int)], unread: Int) {
        let store = try Store.open(at: folder.state, migrations: migrations)
        do {
            let kept = PipelineStore(store: store)
            let unread = try await countUnread(kept, keys, header)
            let numbers = try await kept.goOn(restored)
            if let target, !isFilled { _ = try await store.copy(to: target) }
            try await store.settle()
            try await store.close()
            if target == nil { Self.removeRest(of: folder.state) } else { Backup.remove(folder.state) }
            return (numbers, unread)
        } catch {
            try? await store.close()
            throw error
        }
    }

    // MARK: - The archive

    /// Reads all of the archive once.
    private func verify(_ tar: ArchiveReader) throws -> (BackupHeader, BackupManifest) {
        guard try tar.next()?.name == BackupFile.header else {
            throw BackupError("\(archive) is no backup of Slipway's: it does not begin with \(BackupFile.header)")
        }
        let header: BackupHeader = try decode(tar)
        while let entry = try tar.next() {
            guard entry.name == BackupFile.manifest else { continue }
            let manifest: BackupManifest = try decode(tar)
            guard manifest.bytes == entry.bytesBefore, manifest.sha256 == entry.digestBefore else {
                throw BackupError("\(archive) is damaged: what is in it is not what was written")
            }
            return (header, manifest)
        }
        throw BackupError("\(archive) is not whole: its end is missing; take the backup from where it was")
    }

    private func decode<Value: Decodable>(_ tar: ArchiveReader) throws -> Value {
        let bytes = try tar.all()
        do {
            return try Wire.decode(Value.self, from: Data(bytes))
        } catch {
            // A newer one may say other things of itself.
            let format = try? Wire.decode(Format.self, from: Data(bytes)).format
            if let format, format > BackupHeader.format { throw newer("its form is \(format)") }
            throw BackupError("\(archive) is damaged, or no backup of Slipway's: \(error)")
        }
    }

    private func check(_ header: BackupHeader) throws {
        guard header.format <= BackupHeader.format else { throw newer("its form is \(header.format)") }
        let unknown = Set(header.schema).subtracting(migrations.map(\.name)).sorted()
        if let step = unknown.first { throw newer("its database has taken the step “\(step)”") }
        guard !continuesRuns || header.isQuiet else {
            throw BackupError(
                "what ran when \(archive) was made cannot go on: the service ran on after it, and may have ended it. Leave "
                    + "--continue-runs away, or make a backup while the service is stopped")
        }
    }

    private func newer(_ why: String) -> BackupError {
        BackupError("\(archive) was made by a newer version of Slipway (\(why)); restore it with that version")
    }

    /// Writes the archive's files into the folder.
    /// - Returns: the keys, as far as they are wanted and can be read.
    private func extract(_ tar: ArchiveReader, _ header: BackupHeader) throws -> KeptKeys? {
        tar.rewind()
        var keys: KeptKeys?
        while let entry = try tar.next() {
            switch entry.name {
            case BackupFile.state: try write(tar, to: folder.state)
            case BackupFile.keys:
                guard header.keys == .plain || passphrase != nil else { continue }
                keys = try KeptKeys(try tar.all(), sealedWith: header.keys == .sealed ? passphrase : nil)
            case let name where name.hasPrefix(BackupFile.logs):
                let parts = name.split(separator: "/", omittingEmptySubsequences: false)
                guard parts.count == 4, !parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) else {
                    throw BackupError("\(archive) has a file “\(name)”, which is no log of a run")
                }
                let place = "\(folder.logs)/\(parts[1])/\(parts[2])"
                try FileManager.default.createDirectory(
                    atPath: place, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
                try write(tar, to: "\(place)/\(parts[3])")
            case BackupFile.manifest: return keys
            default: continue
            }
        }
        return keys
    }

    private func write(_ tar: ArchiveReader, to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw FileError(path: path, doing: "open") }
        defer { close(descriptor) }
        while true {
            let bytes = try tar.read(upTo: ArchiveWriter.piece)
            guard !bytes.isEmpty else { return }
            var written = 0
            while written < bytes.count {
                let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw FileError(path: path, doing: "write") }
                written += count
            }
        }
    }

    // MARK: - The target

    /// - Throws: ``BackupError`` where a platform has worked.
    private func requireEmpty(_ target: Store?) throws {
        let logs = (try? FileManager.default.contentsOfDirectory(atPath: "\(folder.data)/logs")) ?? []
        let files = target == nil ? [folder.file, folder.file + "-wal"] : []
        let found = files.filter { access($0, F_OK) == 0 } + (logs.isEmpty ? [] : ["\(folder.data)/logs"])
        guard let first = found.first else { return }
        throw BackupError(
            "\(folder.data) is in use: there is \(first). A backup is restored where there is nothing; move it away, or name "
                + "another folder with --data")
    }

    /// The id of a restore that was interrupted after its database was there.
    private func begunBefore(_ target: Store?) async throws -> String? {
        guard let target else { return nil }
        let store = PipelineStore(store: target)
        if let id = folder.id, try await store.has(restore: id) { return id }
        if let used = try await target.tables().first(where: { $0.rows > 0 }) {
            throw BackupError(
                "\(target.name) is in use: it has \(used.rows) rows in \(used.name). A backup is restored where there is "
                    + "nothing; name another database or schema")
        }
        return nil
    }

    /// - Throws: ``BackupError`` where secrets do not open and that is not said to be right.
    private func countUnread(
        _ kept: PipelineStore, _ keys: KeptKeys?, _ header: BackupHeader
    ) async throws -> Int {
        let sealed = try await kept.read { try $0.seals.all() }
        guard !sealed.isEmpty else { return 0 }
        let ring: KeyRing?
        if let keys {
            ring = try KeyRing(
                (keys.files[KeyFolder.file(of: "pipeline")] ?? "").split(whereSeparator: \.isWhitespace).joined())
        } else {
            ring = self.ring
        }
        var unread = sealed.count
        var why =
            header.keys == .sealed
            ? "its keys are sealed, and no passphrase is given" : "it has no keys, and none are given"
        if let ring {
            unread = 0
            for value in sealed {
                do {
                    _ = try ring.open(value.sealed, for: value.binding)
                } catch {
                    unread += 1
                    why = "\(error)"
                }
            }
        }
        guard unread == 0 || withoutKeys else {
            throw BackupError(
                "\(unread) of \(sealed.count) secrets, logins of registries and tokens of repositories in \(archive) cannot "
                    + "be read: \(why). Give the keys of that installation with --seal-keys-file, or --without-keys true and "
                    + "set them anew")
        }
        return unread
    }

    /// What SQLite leaves beside a file is not moved with it.
    private static func removeRest(of file: String) {
        for suffix in ["-wal", "-shm", ".backup"] { unlink(file + suffix) }
    }
}

extension PipelineStore {
    /// Has the database go on as one that was put back.
    func goOn(_ restored: Restored) async throws -> [(repository: RepositoryPath, known: Int, last: Int)] {
        try await write(now: restored.at) { transaction in
            let numbers = try transaction.restores.goOn(restored)
            var facts: [String: JSONValue] = ["runs": .string(restored.endsRuns ? "end" : "go on")]
            for number in numbers { facts[number.repository.rawValue] = .integer(Int64(number.last)) }
            try transaction.audit(.restore, of: "the backup of \(restored.madeAt)", after: .object(facts))
            return numbers
        }
    }

    /// Whether the database was put back by this restore.
    fileprivate func has(restore id: String) async throws -> Bool { try await read { try $0.restores.has(id) } }
}

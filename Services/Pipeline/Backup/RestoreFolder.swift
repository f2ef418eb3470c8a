import Contracts
import FoundationEssentials
import Glibc
import Runtime

/// The folder in which a restore puts together what then takes its place in the data folder. As long as it is there, the
/// restore is not over, and no service starts: it would begin with an empty database, or with half of the logs.
struct RestoreFolder {
    /// The data folder.
    let data: String
    /// The database's file in it.
    let file: String

    var path: String { "\(data)/restoring" }
    var state: String { "\(path)/pipeline.sqlite" }
    var logs: String { "\(path)/logs" }
    /// The id of the restore.
    private var note: String { "\(path)/restore" }
    /// There once all is put together.
    private var mark: String { "\(path)/whole" }

    var isThere: Bool { access(path, F_OK) == 0 }
    var isWhole: Bool { access(mark, F_OK) == 0 }

    /// The id of the restore that began it.
    var id: String? { FileManager.default.contents(atPath: note).map { String(decoding: $0, as: UTF8.self) } }

    /// - Throws: `SettingsError` where a restore is not over.
    func requireNone() throws {
        guard isThere else { return }
        throw SettingsError(
            setting: CommonSettings.data.variable,
            message: "a restore into \(data) was interrupted, so that what is there is not whole",
            remedy: "run pipeline restore again, which "
                + (isWhole ? "ends it" : "begins it anew; or remove \(path) to begin with what was there before"))
    }

    /// Makes it empty.
    func begin(_ id: String) throws {
        if isThere { try FileManager.default.removeItem(atPath: path) }
        try FileManager.default.createDirectory(
            atPath: logs, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try put(id, in: note)
    }

    /// What was put together of a restore that failed goes.
    func remove() { try? FileManager.default.removeItem(atPath: path) }

    /// All is put together and on the disk.
    func finish() throws {
        // One call for what may be a million small files.
        sync()
        try put("", in: mark)
        try ArchiveWriter.synchronize(path)
        try ArchiveWriter.synchronize(data)
    }

    /// Puts what was put together in its place. Done again after it was interrupted, it does what is left.
    func deliver() throws {
        let places = [(logs, "\(data)/logs"), (state, file)]
        for (from, to) in places where access(from, F_OK) == 0 {
            // An empty folder of logs gives way.
            guard rename(from, to) == 0 else { throw FileError(path: to, doing: "rename") }
        }
        try ArchiveWriter.synchronize(data)
        try FileManager.default.removeItem(atPath: path)
        try ArchiveWriter.synchronize(data)
    }

    private func put(_ text: String, in file: String) throws {
        guard FileManager.default.createFile(atPath: file, contents: Data(text.utf8)) else {
            throw FileError(path: file, doing: "write")
        }
    }
}

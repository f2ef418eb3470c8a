import Contracts
import FoundationEssentials
import Glibc

/// The folders that the logs of runs are in, one for each run.
struct LogFolders: Sendable {
    let directory: String

    private func path(of run: RunID) -> String { "\(directory)/\(LogStreamID.directory(of: run))" }

    /// The names in a folder; none where there is no such folder.
    private func names(in path: String) throws(FileError) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: path)
        } catch {
            let code = errno
            if let error = error as? CocoaError, error.code == .fileReadNoSuchFile || error.code == .fileNoSuchFile {
                return []
            }
            throw FileError(path: path, doing: "list", code: code)
        }
    }

    /// How long the files of a run are together, in bytes.
    /// - Throws: where its folder cannot be read.
    func size(of run: RunID) throws(FileError) -> Int64 {
        let path = path(of: run)
        return try names(in: path).reduce(0) { sum, name in
            var status = stat()
            return stat("\(path)/\(name)", &status) == 0 ? sum + Int64(status.st_size) : sum
        }
    }

    /// Removes what there is of a run; one that has nothing is no error.
    func remove(_ run: RunID) throws {
        let path = path(of: run)
        guard access(path, F_OK) == 0 else { return }
        try FileManager.default.removeItem(atPath: path)
    }

    /// The folders between this one and those of runs.
    /// - Throws: where they cannot be read.
    func spread() throws(FileError) -> [String] {
        try names(in: directory).filter { $0.utf8.count == 2 }.sorted()
    }

    /// The runs in one of them that have files.
    /// - Throws: where they cannot be read.
    func runs(in folder: String) throws(FileError) -> [RunID] {
        try names(in: "\(directory)/\(folder)").filter { $0.hasSuffix(folder) }.map(RunID.init(rawValue:)).sorted()
    }

    /// Whether the folder is of a database: the first that asks is noted, and from then on no other is.
    /// - Parameter mark: what the database is known by.
    /// - Throws: ``FileError`` where nothing can be noted.
    func belongs(to mark: String) throws -> Bool {
        let path = "\(directory)/database"
        if let noted = FileManager.default.contents(atPath: path) { return noted == Data(mark.utf8) }
        guard access(directory, F_OK) == 0 else { return true }
        do {
            // Whole or not at all: half of a mark would be another database's for ever.
            try Data(mark.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw FileError(path: path, doing: "write")
        }
        return true
    }
}

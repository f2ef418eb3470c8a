import FoundationEssentials
import GRDB
import Glibc

/// Copies of the file from before its schema changed.
extension SQLiteEngine {
    /// How many stay beside the file: of the last change and of the one before.
    static let copies = 2
    /// What has to be free beyond the copy itself, in bytes: the steps write, too.
    private static let reserve: Int64 = 16 << 20

    /// - Parameter number: 1 for the last copy, 2 for the one before.
    static func backup(of path: String, _ number: Int = 1) -> String {
        path + ".backup" + (number == 1 ? "" : "-\(number)")
    }

    /// Tries the steps on a copy of the file, which then stays beside it as it was before them.
    /// - Throws: ``StoreError``: `full` where there is no room for the copy; what a step throws. Copies of before stay then.
    func attempt(_ migrator: Migrator, _ state: Migrator.State) throws {
        let copy = name + ".backup-new"
        Self.remove(copy)
        try checkRoom()
        do {
            try pool.writeWithoutTransaction { [name] in
                _ = try SQLiteConnection($0, path: name).execute("VACUUM INTO ?", [.text(copy)])
            }
            let trial = try SQLiteEngine(path: copy, durability: .process)
            try trial.pool.writeWithoutTransaction { try migrator.attempt(state, on: SQLiteConnection($0, path: copy)) }
            try trial.close()
        } catch let error as StoreError where error.code == .full {
            Self.remove(copy)
            throw noRoom("the disk got full meanwhile", error)
        } catch {
            Self.remove(copy)
            throw error
        }
        for number in stride(from: Self.copies, to: 1, by: -1) {
            rename(Self.backup(of: name, number - 1), Self.backup(of: name, number))
        }
        guard rename(copy, Self.backup(of: name)) == 0 else {
            throw StoreError(
                .notWritable,
                "\(copy) cannot be renamed to \(Self.backup(of: name)): \(String(cString: strerror(errno)))")
        }
    }

    /// - Throws: ``StoreError`` `full` where the copy surely does not fit.
    private func checkRoom() throws {
        let size = try pool.writeWithoutTransaction { [name] in
            try Database(SQLiteConnection($0, path: name)).value(
                """
                SELECT (page_count - freelist_count) * page_size
                FROM pragma_page_count, pragma_freelist_count, pragma_page_size
                """) ?? Int64(0)
        }
        var status = statvfs()
        let folder = URL(filePath: name).deletingLastPathComponent().path
        // Where it cannot be told the copy is tried.
        guard statvfs(folder.isEmpty ? "." : folder, &status) == 0 else { return }
        let free = Int64(clamping: UInt64(status.f_bavail) * UInt64(status.f_frsize))
        guard free < size + Self.reserve else { return }
        func mebibytes(_ bytes: Int64) -> Int64 { (bytes + (1 << 20) - 1) >> 20 }
        throw noRoom("it takes \(mebibytes(size + Self.reserve)) MiB, and \(free >> 20) MiB are free", nil)
    }

    private func noRoom(_ why: String, _ cause: StoreError?) -> StoreError {
        let old = (1...Self.copies).map { Self.backup(of: name, $0) }.last { access($0, F_OK) == 0 }
        let remedy = old.map { "make room, such as by moving \($0) away" } ?? "make room"
        return StoreError(
            .full,
            "there is no room beside \(name) for the copy that is made before its schema changes: \(why); \(remedy), and "
                + "start it again. Nothing was changed", cause: cause)
    }

    private static func remove(_ copy: String) {
        for suffix in ["", "-wal", "-shm"] { unlink(copy + suffix) }
    }
}

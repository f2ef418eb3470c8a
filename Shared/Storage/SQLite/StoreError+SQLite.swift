import GRDB

extension StoreError {
    /// - Parameter path: the file, for the message.
    init(_ error: any Error, path: String) {
        guard let error = error as? DatabaseError else {
            self = error as? StoreError ?? StoreError(.notWritable, "\(path) cannot be opened: \(error)", cause: error)
            return
        }
        let words = error.message ?? "no words"
        switch error.resultCode {
        case .SQLITE_FULL:
            self.init(
                .full, "the disk that holds \(path) is full; make room, the service goes on by itself", cause: error)
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            self.init(
                .corrupt, "\(path) is damaged or no SQLite database (\(words)); put a backup in its place", cause: error
            )
        case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM:
            self.init(
                .notWritable,
                "\(path) cannot be opened for writing (\(words)); the directory must exist and belong to the service",
                cause: error)
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(.busy, "\(path) is held by another process; a service has its file for itself", cause: error)
        case .SQLITE_CONSTRAINT:
            self.init(
                Self.rule(error.extendedResultCode), "a rule of the schema in \(path) was broken: \(words)",
                cause: error)
        case .SQLITE_IOERR:
            self.init(.inputOutput, "the disk failed on \(path): \(words)", cause: error)
        default:
            self.init(.database, "SQLite refused on \(path): \(error)", cause: error)
        }
    }

    private static func rule(_ code: ResultCode) -> Code {
        switch code {
        case .SQLITE_CONSTRAINT_UNIQUE, .SQLITE_CONSTRAINT_PRIMARYKEY, .SQLITE_CONSTRAINT_ROWID: .unique
        case .SQLITE_CONSTRAINT_FOREIGNKEY: .foreignKey
        default: .constraint
        }
    }
}

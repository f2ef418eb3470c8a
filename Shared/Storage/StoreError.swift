public import GRDB

/// What went wrong with a service's database file, in words that say what to do.
public struct StoreError: Error, Sendable, CustomStringConvertible {
    public enum Code: String, Sendable, CaseIterable {
        /// The disk has no room. What was to be written is not; nothing else is lost.
        case full
        /// The file is damaged, or is no database at all.
        case corrupt
        /// The file or its directory cannot be written, or not be opened.
        case notWritable
        /// A newer version of the service has used the file.
        case newerSchema
        /// Another process held the file for longer than the wait allowed.
        case busy
        /// A rule of the schema was broken, such as a name that is there already.
        case constraint
        /// The disk failed to read or write.
        case inputOutput
        /// SQLite refused in another way; the message has its words.
        case database
    }

    public var code: Code
    public var message: String
    /// SQLite's own error, where it was one.
    public var cause: DatabaseError?

    public init(_ code: Code, _ message: String, cause: DatabaseError? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// - Parameter path: the file, for the message.
    public init(_ error: DatabaseError, path: String) {
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
            self.init(.constraint, "a rule of the schema in \(path) was broken: \(words)", cause: error)
        case .SQLITE_IOERR:
            self.init(.inputOutput, "the disk failed on \(path): \(words)", cause: error)
        default:
            self.init(.database, "SQLite refused on \(path): \(error)", cause: error)
        }
    }

    public var description: String { message }
}

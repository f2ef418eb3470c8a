public import Messaging

/// What went wrong with a service's database, in words that say what to do.
public struct StoreError: Error, Sendable, CustomStringConvertible {
    public enum Code: String, Sendable, CaseIterable {
        /// The disk has no room. What was to be written is not; nothing else is lost.
        case full
        /// The file is damaged, or is no database at all; or a column holds what it never should.
        case corrupt
        /// The file or its directory cannot be written, or not be opened.
        case notWritable
        /// A newer version of the service has used the database.
        case newerSchema
        /// The schema is older than what was asked for needs.
        case olderSchema
        /// Another process held the database for longer than the wait allowed.
        case busy
        /// The database cannot be reached, or was lost on the way: whether a write took place is not known. It is tried
        /// again once the database is back.
        case unavailable
        /// The database's server refuses the service: its user, its password, the database or one session more.
        case refused
        /// The database that is to be filled holds something already.
        case notEmpty
        /// A value is there already that must be there once.
        case unique
        /// A row that is referred to is not there, or is referred to still.
        case foreignKey
        /// Another rule of the schema was broken, such as a value that must not be `NULL`.
        case constraint
        /// The disk failed to read or write.
        case inputOutput
        /// The database refused in another way; the message has its words.
        case database
    }

    public var code: Code
    public var message: String
    /// The database's own error, where it was one.
    public var cause: (any Error)?

    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    public var description: String { message }

    /// Whether there is no session with the database, for now.
    var isAway: Bool { code == .unavailable || code == .refused }
}

extension StoreError: OutageError {
    /// Whether the database or its disk is away, and no row is at fault.
    public var isOutage: Bool {
        switch code {
        case .full, .notWritable, .busy, .unavailable, .refused, .inputOutput: true
        case .corrupt, .newerSchema, .olderSchema, .notEmpty, .unique, .foreignKey, .constraint, .database: false
        }
    }
}

import Contracts

/// What a backup says of itself: its first file.
struct BackupHeader: Codable, Sendable, Equatable {
    /// The newest form of archives that this version knows.
    static let format = 1

    var format = Self.format
    /// Slipway's version that made it.
    var version: String
    var madeAt: Timestamp
    /// The id of the database it is of.
    var platform: String
    /// The steps that its schema has taken.
    var schema: [String]
    /// Whether the service was stopped while it was made.
    var isQuiet: Bool
    /// Whether the keys are in it: not, as they are, or sealed.
    var keys: Keys

    enum Keys: String, Codable, Sendable {
        case absent, plain, sealed
    }
}

/// What an archive has to be: its last file, by which a reader knows that all of it is there.
struct BackupManifest: Codable, Sendable, Equatable {
    var runs: Int
    /// Files of logs.
    var logs: Int
    /// How long all is that comes before it.
    var bytes: Int64
    /// SHA-256 of that, as hexadecimal digits.
    var sha256: String
}

/// The names of the files in an archive.
enum BackupFile {
    static let header = "slipway-backup.json"
    static let state = "pipeline.sqlite"
    static let logs = "logs/"
    static let keys = "keys.json"
    static let manifest = "manifest.json"
}

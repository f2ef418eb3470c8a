/// Why a backup cannot be made or restored, in words that say what to do.
struct BackupError: Error, Sendable, Equatable, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}

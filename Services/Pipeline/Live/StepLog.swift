import Contracts

/// What one attempt of one step printed, as far as it is stored.
struct StepLog: Sendable {
    let id: LogStreamID
    let reader: RunReader

    /// The bytes from `offset`, `limit` at most; none where there is nothing more.
    func read(from offset: Int64, limit: Int) async throws -> [UInt8] {
        try await reader.logs.read(id, from: offset, limit: limit)
    }

    /// When the bytes from an offset on were written.
    func times(from offset: Int64) async throws -> LogTimes { try await reader.logs.times(id, from: offset) }

    /// Follows it from an offset to the step's end.
    func follow(from offset: Int64) -> LogFollower { LogFollower(id: id, position: offset, reader: reader) }
}

import Contracts

/// Follows the log of one attempt of one step.
actor LogFollower {
    private let id: LogStreamID
    private let reader: RunReader
    private var position: Int64
    nonisolated let watch: RunChanges.Watch

    init(id: LogStreamID, position: Int64, reader: RunReader) {
        self.id = id
        self.position = position
        self.reader = reader
        watch = reader.store.changes.watch(id.run)
    }

    /// What is new; `nil` once the step is over and all of its log is told.
    func next() async throws -> [LogPiece]? {
        _ = watch.take()
        let bytes = try await reader.logs.read(id, from: position)
        if !bytes.isEmpty {
            defer { position += Int64(bytes.count) }
            return [LogPiece(offset: position, text: String(decoding: bytes, as: UTF8.self))]
        }
        let step = try await reader.store.read { [id] in try $0.runs.step(id.step, of: id.run) }
        guard let step else { return nil }
        let isOver = step.state.isFinal || step.attempt > id.attempt
        return isOver && position >= step.logBytes ?? 0 ? nil : []
    }
}

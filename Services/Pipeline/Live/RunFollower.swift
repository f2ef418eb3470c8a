import Contracts

/// Follows one run for one reader. The reader pulls: whenever its ``watch`` wakes it, ``next()`` has what is new. A
/// slow reader gets fewer, larger steps; it misses nothing, and nothing is kept for it.
struct RunFollower {
    /// Which part of the logs is told.
    enum Logs: Sendable, Equatable {
        case none
        /// Everything, from the first byte.
        case all
        /// What is printed from now on; the first run event says how much there was before.
        case new
    }

    private let run: RunID
    private let mode: Logs
    private let reader: RunReader
    let watch: RunChanges.Watch
    private var positions: [LogStreamID: Int64] = [:]
    private var view: RunView?

    init(run: RunID, mode: Logs, reader: RunReader, watch: RunChanges.Watch) {
        self.run = run
        self.mode = mode
        self.reader = reader
        self.watch = watch
    }

    /// The run reached its end and all its log is told.
    private(set) var isComplete = false

    /// What is new since the last call; empty where nothing is. Log comes in pieces: call again while it is not empty.
    mutating func next() async throws -> [RunEvent] {
        var events: [RunEvent] = []
        let changes = watch.take()
        if view == nil || !changes.runs.isEmpty {
            guard let current = try await reader.latest(run) else { return [] }
            if view == nil, mode == .new { skip(to: current) }
            if current != view { events.append(.run(current)) }
            view = current
        }
        guard let view else { return events }
        if mode != .none { events += try await newLog(of: view) }
        if view.summary.state.isFinal { isComplete = try await isLogComplete(of: view) }
        return events
    }

    private mutating func skip(to view: RunView) {
        for step in view.stages.flatMap(\.steps) where step.attempt > 0 {
            positions[LogStreamID(run: run, step: step.id, attempt: step.attempt)] = step.logBytes
        }
    }

    private mutating func newLog(of view: RunView) async throws -> [RunEvent] {
        var events: [RunEvent] = []
        for step in view.stages.flatMap(\.steps) where step.attempt > 0 {
            let id = LogStreamID(run: run, step: step.id, attempt: step.attempt)
            let position = positions[id] ?? 0
            let bytes = try await reader.logs.read(id, from: position)
            if !bytes.isEmpty {
                events.append(.log(step: step.id, offset: position, text: String(decoding: bytes, as: UTF8.self)))
            }
            positions[id] = position + Int64(bytes.count)
        }
        return events
    }

    /// Whether what the workers said they printed is stored, and told where logs are told.
    private func isLogComplete(of view: RunView) async throws -> Bool {
        let steps = try await reader.store.read { [run] in try $0.runs.steps(of: run) }
        for step in steps where step.attempt > 0 {
            let id = LogStreamID(run: run, step: step.id, attempt: step.attempt)
            let size = await reader.logs.size(id)
            if size < step.logBytes ?? 0 { return false }
            if mode != .none, positions[id] ?? 0 < size { return false }
        }
        return true
    }
}

import Contracts
import Messaging
import Synchronization

/// A piece of a step's log: written to its file, and acked once it is on the disk.
struct LogChunkHandler: MessageHandler {
    let store: PipelineStore
    let logs: LogStore
    private let known = StreamCache()

    init(store: PipelineStore, logs: LogStore) {
        self.store = store
        self.logs = logs
    }

    func handle(_ message: LogChunk, _ context: MessageContext) async throws {
        guard message.offset >= 0 else { throw MessageFailure.hopeless("its offset \(message.offset) is negative") }
        let id = try await stream(of: message)
        do {
            _ = try await logs.append(Array(message.text.utf8), to: id, at: message.offset, times: message.times ?? [])
        } catch let gap as LogGap {
            throw MessageFailure.retry("\(gap)")
        }
    }

    private func stream(of message: LogChunk) async throws -> LogStreamID {
        let key = StreamCache.Key(job: message.job, attempt: message.attempt, step: message.step)
        if let id = known.find(key) { return id }
        let found = try await store.read { database -> LogStreamID? in
            guard let job = try JobStore(database: database).find(message.job),
                let step = try RunStore(database: database).step(message.step, stage: job.stage, of: job.run)
            else { return nil }
            return LogStreamID(run: job.run, step: step.id, attempt: message.attempt)
        }
        guard let found else {
            throw MessageFailure.hopeless("the job \(message.job) has no step “\(message.step)”")
        }
        known.keep(found, for: key)
        return found
    }
}

/// Which stream a chunk belongs to: asked for with every chunk, answered by the database once.
private final class StreamCache: Sendable {
    struct Key: Hashable, Sendable {
        var job: JobID
        var attempt: Int
        var step: String
    }

    private let streams = Mutex<[Key: LogStreamID]>([:])

    func find(_ key: Key) -> LogStreamID? { streams.withLock { $0[key] } }

    func keep(_ id: LogStreamID, for key: Key) {
        streams.withLock { streams in
            if streams.count > 4096 { streams.removeAll(keepingCapacity: true) }
            streams[key] = id
        }
    }
}

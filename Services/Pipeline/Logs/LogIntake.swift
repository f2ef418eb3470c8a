import Contracts
import Synchronization

/// Takes what workers print: finds out which stream a piece belongs to, and has it written.
final class LogIntake: Sendable {
    /// A piece of a step's log that nothing can be done with.
    struct Unknown: Error, CustomStringConvertible {
        var description: String
    }

    private struct Key: Hashable, Sendable {
        var job: JobID
        var attempt: Int
        var step: String
    }

    private let store: PipelineStore
    private let logs: LogStore
    /// Asked for with every piece, answered by the database once.
    private let known = Mutex<[Key: LogStreamID]>([:])

    init(store: PipelineStore, logs: LogStore) {
        self.store = store
        self.logs = logs
    }

    /// Adds a piece to its stream, and returns once it is on the disk.
    /// - Throws: ``Unknown`` for one of no step; ``LogGap`` where what is before it did not come in time; ``FileError``
    ///   where the disk fails.
    func add(_ chunk: LogChunk) async throws {
        guard chunk.offset >= 0 else { throw Unknown(description: "its offset \(chunk.offset) is negative") }
        let id = try await stream(of: chunk)
        _ = try await logs.append(Array(chunk.text.utf8), to: id, at: chunk.offset, times: chunk.times ?? [])
    }

    private func stream(of chunk: LogChunk) async throws -> LogStreamID {
        let key = Key(job: chunk.job, attempt: chunk.attempt, step: chunk.step)
        if let id = known.withLock({ $0[key] }) { return id }
        let found = try await store.read { tables -> LogStreamID? in
            guard let job = try tables.jobs.find(chunk.job),
                let step = try tables.runs.step(chunk.step, stage: job.stage, of: job.run), job.has(step)
            else { return nil }
            return LogStreamID(run: job.run, step: step.id, attempt: chunk.attempt)
        }
        guard let found else { throw Unknown(description: "the job \(chunk.job) has no step “\(chunk.step)”") }
        known.withLock { known in
            if known.count > 4096 { known.removeAll(keepingCapacity: true) }
            known[key] = found
        }
        return found
    }
}

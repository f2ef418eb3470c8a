import Contracts
import Logging
import Synchronization

/// Takes what workers print: finds out which stream a piece belongs to, and has it written. How long a log gets, and until
/// when, is decided here: that a worker keeps to the limit of its grant is the worker's word.
final class LogIntake: Sendable {
    /// A piece of a step's log that nothing can be done with.
    struct Unknown: Error, CustomStringConvertible {
        var description: String
    }

    /// A piece of a job that there is none of.
    private struct NoJob: Error {}

    private struct Key: Hashable, Sendable {
        var job: JobID
        var attempt: Int
        var step: String
    }

    private struct Stream: Sendable {
        var id: LogStreamID
        /// When its job ended, as it was when it was read.
        var endedAt: Timestamp?
        var readAt: Timestamp
        /// Whether it was said that more of it comes than is kept.
        var isTold = false
    }

    /// The longest piece, in bytes: four times what workers send.
    private static let longestPiece = 1 << 20
    /// How long after a job's end its log is taken: a worker keeps what its broker does not take.
    static let patience = Duration.seconds(86_400)
    /// How long what was read of a job is believed.
    private static let memory = Duration.seconds(3_600)

    private let store: PipelineStore
    private let logs: LogStore
    /// How long a log may be, in bytes.
    private let limit: Int64
    private let logger: Logger
    /// Asked for with every piece, answered by the database once in a while.
    private let known = Mutex<[Key: Stream]>([:])
    /// Jobs of which it was said that there are none.
    private let strangers = Mutex<Set<JobID>>([])

    init(store: PipelineStore, logs: LogStore, limit: Int64, logger: Logger) {
        self.store = store
        self.logs = logs
        self.limit = limit
        self.logger = logger
    }

    /// Adds a piece to its stream, and returns once it is on the disk, or passed over where the log is as long as it may be,
    /// its job ended long ago, or there is no such job: this platform has given it to the worker, whose token says so, and
    /// does not know of it since its database was put back from a backup.
    /// - Throws: ``Unknown`` for one of no step, and for one that is none; ``LogGap`` where what is before it did not come in
    ///   time; ``FileError`` where the disk fails.
    func add(_ chunk: LogChunk, now: Timestamp = .now) async throws {
        let length = chunk.text.utf8.count
        guard chunk.offset >= 0 else { throw Unknown(description: "its offset \(chunk.offset) is negative") }
        guard length <= Self.longestPiece else {
            throw Unknown(description: "it has \(length) bytes, and a piece of a log has \(Self.longestPiece) at most")
        }
        let key = Key(job: chunk.job, attempt: chunk.attempt, step: chunk.step)
        let stream: Stream
        do {
            stream = try await self.stream(key, now: now)
        } catch let unknown as Unknown {
            // What comes late of a run that is not kept any more is nobody's fault.
            guard try await store.read({ try $0.removals.find(chunk.run) }) == nil else { return }
            throw unknown
        } catch is NoJob {
            return tellUnknown(chunk)
        }
        if let reason = refusal(of: chunk, stream, now: now) { return tell(reason, key) }
        let times = Self.ordered(chunk.times ?? [], within: chunk.offset..<chunk.offset + Int64(length))
        _ = try await logs.append(Array(chunk.text.utf8), to: stream.id, at: chunk.offset, times: times)
    }

    private func refusal(of chunk: LogChunk, _ stream: Stream, now: Timestamp) -> String? {
        if chunk.offset >= limit {
            return "it has more than \(limit) bytes, with its worker's own lines (SLIPWAY_STEP_LOG_LIMIT of pipeline)"
        }
        guard let endedAt = stream.endedAt, endedAt.adding(Self.patience) < now else { return nil }
        return "its job ended at \(endedAt)"
    }

    private func tell(_ reason: String, _ key: Key) {
        let isNew = known.withLock { known in
            defer { known[key]?.isTold = true }
            return known[key]?.isTold == false
        }
        guard isNew else { return }
        logger.warning(
            "what a worker sends of a log is not kept",
            metadata: [
                "job": "\(key.job)", "attempt": "\(key.attempt)", "step": "\(key.step)", "reason": "\(reason)",
            ])
    }

    private func tellUnknown(_ chunk: LogChunk) {
        let isNew = strangers.withLock { strangers in
            if strangers.count > 4096 { strangers.removeAll(keepingCapacity: true) }
            return strangers.insert(chunk.job).inserted
        }
        guard isNew else { return }
        logger.notice(
            "what a worker sends of a log is not kept: the database does not know its job",
            metadata: ["run": "\(chunk.run)", "job": "\(chunk.job)"])
    }

    /// The moments that are in the piece and in order.
    private static func ordered(_ times: [LogTime], within range: Range<Int64>) -> [LogTime] {
        var last: Int64?
        return times.filter { time in
            guard range.contains(time.offset), last.map({ $0 < time.offset }) ?? true else { return false }
            last = time.offset
            return true
        }
    }

    private func stream(_ key: Key, now: Timestamp) async throws -> Stream {
        if let stream = known.withLock({ $0[key] }), now < stream.readAt.adding(Self.memory) { return stream }
        let found = try await store.read { tables -> Stream? in
            guard let job = try tables.jobs.find(key.job) else { throw NoJob() }
            guard let step = try tables.runs.step(key.step, stage: job.stage, of: job.run), job.has(step)
            else { return nil }
            let end = try job.endedAt ?? tables.runs.summary(job.run)?.finishedAt
            return Stream(
                id: LogStreamID(run: job.run, step: step.id, attempt: key.attempt),
                endedAt: job.lease.state.isFinal ? end : nil, readAt: now)
        }
        guard let found else { throw Unknown(description: "the job \(key.job) has no step “\(key.step)”") }
        known.withLock { known in
            if known.count > 4096 { known.removeAll(keepingCapacity: true) }
            known[key] = found
        }
        return found
    }
}

import Contracts
import Messaging
import Synchronization
import Worker

/// A platform with one job to give: what a builder does with it is under test, not how it gets it.
final class OneJobPlatform: JobPlatform {
    fileprivate struct State {
        var isGiven = false
        var started: [String] = []
        var reports: [String: StepReport] = [:]
        var logs: [String: String] = [:]
        var gaps: [String] = []
        var waits: [String?] = []
        var finished: JobFinished?
        var waiting: [(step: String, text: String, found: AsyncStream<Never>.Continuation)] = []
    }

    private let grant: JobGrant
    private let state = Mutex(State())
    private let end: AsyncStream<Never>
    private let ended: AsyncStream<Never>.Continuation
    private let cancellations: AsyncStream<JobCancelled>
    private let cancellation: AsyncStream<JobCancelled>.Continuation

    init(_ grant: JobGrant) {
        self.grant = grant
        (end, ended) = AsyncStream.makeStream(of: Never.self)
        (cancellations, cancellation) = AsyncStream.makeStream(of: JobCancelled.self)
    }

    var started: [String] { state.withLock { $0.started } }
    func log(_ step: String) -> String { state.withLock { $0.logs[step] ?? "" } }

    /// Waits until a step has said something.
    func waitForLog(of step: String, _ text: String) async throws {
        let (isThere, found) = AsyncStream.makeStream(of: Never.self)
        state.withLock { state in
            state.waiting.append((step, text, found))
            state.tellWaiting()
        }
        for await _ in isThere {}
        try Task.checkCancellation()
    }

    /// What the job's heartbeats say it waits for.
    var waits: [String?] { state.withLock { $0.waits } }
    var gaps: [String] { state.withLock { $0.gaps } }

    /// Waits for the job's end.
    func finish() async -> JobFinished? {
        for await _ in end {}
        return state.withLock { $0.finished }
    }

    func cancelJob(_ reason: String) {
        cancellation.yield(JobCancelled(job: grant.job, run: grant.run, attempt: grant.attempt, reason: reason))
    }

    func take<Value: Sendable>(
        _ offer: @escaping @Sendable (any JobOffer) async throws -> Offer<Value>
    ) async throws -> Value? {
        let isFirst = state.withLock { state in
            defer { state.isGiven = true }
            return !state.isGiven
        }
        if isFirst {
            let request = BuildRequested(job: grant.job, run: grant.run, attempt: grant.attempt)
            if case .take(let value) = try await offer(request) { return value }
        }
        // There is no second one, until the builder stops.
        for await _ in AsyncStream.makeStream(of: Never.self).stream {}
        return nil
    }

    func claim(_ claim: JobClaim) async throws -> JobClaimReply {
        claim.job == nil ? .refused(.init(code: .nothing, reason: "no job waits")) : .granted(grant)
    }

    func announce(_ worker: WorkerAnnounced, timeout: Duration) async throws {}

    func watchWaitingJobs(_ body: @Sendable (JobsWaiting) -> Void) async throws {
        for await _ in AsyncStream.makeStream(of: Never.self).stream {}
    }

    func report(_ report: any Message, id: MessageID, run: RunID, timeout: Duration) async throws {
        state.withLock { state in
            switch report {
            case let message as StepStarted: state.started.append(message.step)
            case let message as JobHeartbeat: state.waits.append(message.stuck)
            case let message as StepFinished: state.reports[message.report.step] = message.report
            case let message as JobFinished:
                state.finished = message
                ended.finish()
            default: break
            }
        }
    }

    func watchCancellations(_ body: @Sendable (JobCancelled) -> Void) async throws {
        for await message in cancellations { body(message) }
    }

    func publish(_ chunk: LogChunk) async throws {
        state.withLock { state in
            let length = Int64((state.logs[chunk.step] ?? "").utf8.count)
            if chunk.offset != length { state.gaps.append("\(chunk.step) at \(chunk.offset), not \(length)") }
            state.logs[chunk.step, default: ""] += chunk.text
            state.tellWaiting()
        }
    }
}

extension OneJobPlatform.State {
    fileprivate mutating func tellWaiting() {
        waiting.removeAll { step, text, found in
            guard logs[step]?.contains(text) == true else { return false }
            found.finish()
            return true
        }
    }
}

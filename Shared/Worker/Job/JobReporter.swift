import Contracts
import Logging
import Synchronization

/// Tells the platform how a job goes: each report in its turn, sent until it is confirmed.
///
/// A report is queued and the work goes on; ``run()`` sends them. A step's report waits for the step's log, so that
/// whoever reads “finished” can read all of the log.
final class JobReporter: Sendable {
    private enum Item: Sendable {
        case message(any Message, MessageID)
        case finished(StepReport, log: LogShipper?)
        case released(String, log: LogShipper)
    }

    private struct State {
        var reports: [StepReport] = []
    }

    private let platform: any JobPlatform
    private let grant: JobGrant
    private let slots: SlotWatch
    private let refused: @Sendable (String) -> Void
    private let logger: Logger
    private let items: AsyncStream<Item>
    private let queue: AsyncStream<Item>.Continuation
    private let state = Mutex(State())

    /// - Parameter refused: told why a report will never be confirmed; those after it are sent all the same.
    init(
        platform: any JobPlatform, grant: JobGrant, slots: SlotWatch, logger: Logger,
        refused: @escaping @Sendable (String) -> Void
    ) {
        self.platform = platform
        self.grant = grant
        self.slots = slots
        self.refused = refused
        self.logger = logger
        (items, queue) = AsyncStream.makeStream(of: Item.self)
    }

    /// A step began.
    func started(_ step: String, at moment: Timestamp) {
        let message = StepStarted(
            job: grant.job, run: grant.run, attempt: grant.attempt, step: step, at: moment, token: grant.token)
        queue.yield(.message(message, id("\(step).started")))
    }

    /// A step ended. `log`, already told that it ends, says how long it is.
    func finished(_ report: StepReport, log: LogShipper?) {
        queue.yield(.finished(report, log: log))
    }

    /// A step was stopped for the next attempt of the job: nothing is said of it but what its log has.
    func released(_ step: String, log: LogShipper) {
        queue.yield(.released(step, log: log))
    }

    /// The job ended. Nothing may follow.
    func finished(
        _ outcome: JobFinished.Outcome, reason: String?, handBack: JobFinished.HandBack? = nil,
        unreported: [StepReport]
    ) {
        let ending = Ending(outcome: outcome, reason: reason, handBack: handBack, unreported: unreported)
        queue.yield(.message(ending, id("finished")))
        queue.finish()
    }

    /// Sends until the job's end is confirmed or refused, or the task is cancelled.
    /// - Returns: Whether all was sent.
    func run() async -> Bool {
        defer { slots.end(key) }
        for await item in items {
            switch item {
            case .message(let ending as Ending, let id):
                let steps = state.withLock { $0.reports } + ending.unreported
                var message = JobFinished(
                    job: grant.job, run: grant.run, attempt: grant.attempt, outcome: ending.outcome,
                    reason: ending.reason, handBack: ending.handBack, steps: steps, token: grant.token)
                switch await send(message, id) {
                case .confirmed: return true
                case .cancelled: return false
                case .refused(let reason):
                    // The end alone: what cannot be told of the steps has not succeeded.
                    if message.outcome == .success { message.outcome = .failure }
                    (message.reason, message.steps) = (reason, [])
                    return await send(message, id) != .cancelled
                }
            case .message(let message, let id):
                guard await send(message, id) != .cancelled else { return false }
            case .released(let step, let log):
                do {
                    slots.begin(key, "job \(grant.job) waits for the log of “\(step)” to be taken")
                    _ = try await log.finish()
                } catch {
                    return false
                }
            case .finished(var report, let log):
                do {
                    slots.begin(key, "job \(grant.job) waits for the log of “\(report.step)” to be taken")
                    if let log { report.logBytes = try await log.finish() }
                } catch {
                    return false
                }
                if let reason = await log?.refusal { refused("the log of “\(report.step)” is not whole: \(reason)") }
                state.withLock { $0.reports.append(report) }
                let message = StepFinished(
                    job: grant.job, run: grant.run, attempt: grant.attempt, report: report, token: grant.token)
                guard await send(message, id("\(report.step).finished")) != .cancelled else { return false }
            }
        }
        return false
    }

    private enum Sent: Equatable {
        case confirmed, cancelled
        case refused(String)
    }

    private func send(_ message: some Message, _ id: MessageID) async -> Sent {
        slots.begin(key, "job \(grant.job) waits for its \(type(of: message).type) to be confirmed")
        defer { slots.end(key) }
        var pause = Duration.milliseconds(200)
        while !Task.isCancelled {
            do {
                try await platform.report(message, id: id, run: grant.run, timeout: .seconds(30))
                return .confirmed
            } catch let failure as JobFailure {
                logger.error("report refused, the job ends", metadata: ["reason": "\(failure)"])
                refused(failure.reason)
                return .refused(failure.reason)
            } catch {
                logger.warning("report not confirmed, sending it again", metadata: ["error": "\(error)"])
                slots.failed(key, error)
            }
            do {
                try await Task.sleep(for: pause)
            } catch {
                return .cancelled
            }
            pause = min(pause * 2, .seconds(5))
        }
        return .cancelled
    }

    private var key: String { "\(grant.job).\(grant.attempt).report" }

    private func id(_ what: String) -> MessageID {
        MessageID(rawValue: "\(grant.job).\(grant.attempt).\(what)")
    }

    /// Stands in the queue for the `JobFinished` that is made when its turn comes, from what was reported by then.
    private struct Ending: Message {
        var outcome: JobFinished.Outcome
        var reason: String?
        var handBack: JobFinished.HandBack?
        var unreported: [StepReport]
    }
}

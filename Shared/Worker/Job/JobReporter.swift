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
    }

    private struct State {
        /// How often each kind of report was made, for ids that stay the same however often they are sent.
        var sequence = 0
        var reports: [StepReport] = []
    }

    private let platform: any JobPlatform
    private let grant: JobGrant
    private let logger: Logger
    private let items: AsyncStream<Item>
    private let queue: AsyncStream<Item>.Continuation
    private let state = Mutex(State())

    init(platform: any JobPlatform, grant: JobGrant, logger: Logger) {
        self.platform = platform
        self.grant = grant
        self.logger = logger
        (items, queue) = AsyncStream.makeStream(of: Item.self)
    }

    /// A step began.
    func started(_ step: String, at moment: Timestamp) {
        let message = StepStarted(job: grant.job, run: grant.run, attempt: grant.attempt, step: step, at: moment)
        queue.yield(.message(message, id("\(step).started")))
    }

    /// A step ended. `log`, already told that it ends, says how long it is.
    func finished(_ report: StepReport, log: LogShipper?) {
        queue.yield(.finished(report, log: log))
    }

    /// The job ended. Nothing may follow.
    func finished(_ outcome: JobFinished.Outcome, reason: String?, unreported: [StepReport]) {
        queue.yield(.message(Ending(outcome: outcome, reason: reason, unreported: unreported), id("finished")))
        queue.finish()
    }

    /// Sends until the job's end is confirmed, or the task is cancelled.
    /// - Returns: Whether all was confirmed.
    func run() async -> Bool {
        for await item in items {
            switch item {
            case .message(let ending as Ending, let id):
                let steps = state.withLock { $0.reports } + ending.unreported
                let message = JobFinished(
                    job: grant.job, run: grant.run, attempt: grant.attempt, outcome: ending.outcome,
                    reason: ending.reason, steps: steps)
                guard await send(message, id) else { return false }
                return true
            case .message(let message, let id):
                guard await send(message, id) else { return false }
            case .finished(var report, let log):
                do {
                    if let log { report.logBytes = try await log.finish() }
                } catch {
                    return false
                }
                state.withLock { $0.reports.append(report) }
                let message = StepFinished(job: grant.job, run: grant.run, attempt: grant.attempt, report: report)
                guard await send(message, id("\(report.step).finished")) else { return false }
            }
        }
        return false
    }

    private func send(_ message: some Message, _ id: MessageID) async -> Bool {
        var pause = Duration.milliseconds(200)
        while !Task.isCancelled {
            do {
                try await platform.report(message, id: id, run: grant.run, timeout: .seconds(30))
                return true
            } catch {
                logger.warning("report not confirmed, it goes again", metadata: ["error": "\(error)"])
            }
            do {
                try await Task.sleep(for: pause)
            } catch {
                return false
            }
            pause = min(pause * 2, .seconds(5))
        }
        return false
    }

    private func id(_ what: String) -> MessageID {
        MessageID(rawValue: "\(grant.job).\(grant.attempt).\(what)")
    }

    /// Stands in the queue for the ``JobFinished`` that is made when its turn comes, from what was reported by then.
    private struct Ending: Message {
        var outcome: JobFinished.Outcome
        var reason: String?
        var unreported: [StepReport]
    }
}

import Contracts

/// The life of one granted job: what ends it, what is reported, and what is not.
///
/// Work ends by itself or is stopped; then its end is reported; then the job is over. A lost lease ends
/// everything at once without a report, for the job may be another worker's by now.
struct JobLife {
    enum Event: Equatable {
        /// The steps have ended, by themselves or after a stop.
        case worked(WorkEnd)
        /// The platform wants no more of it, or of this attempt.
        case cancelled(JobStop)
        /// With what to do about it, or `nil`.
        case timedOut(seconds: Int, advice: String? = nil)
        /// The worker is shutting down and its patience is over.
        case graceOver
        case leaseLost
        /// A report of it was refused for good.
        case unreportable(String)
        /// It uses more than it may.
        case exceeded(String)
        /// It is no fault of the job that it cannot be done here and now.
        case faulted(JobFinished.HandBack, String)
        /// The last report is confirmed.
        case reported
    }

    /// How the work ended.
    enum WorkEnd: Equatable {
        /// Every step has an outcome.
        case complete(success: Bool, reason: String?)
        /// Something was stopped on the way.
        case interrupted
        /// It could not be done at all.
        case broken(String)
    }

    enum Action: Equatable {
        case stopWork(JobStop)
        case report(JobFinished.Outcome, reason: String?, handBack: JobFinished.HandBack? = nil)
        /// Stop everything, report nothing.
        case abandon
        case end
        case nothing
    }

    private enum Stop: Equatable {
        case cancelled(String)
        case failed(String)
        case released(JobFinished.HandBack, String)
    }

    private enum State: Equatable {
        case working
        case stopping(Stop)
        case reporting
        case over
    }

    private var state = State.working

    mutating func handle(_ event: Event) -> Action {
        switch (state, event) {
        case (.over, _):
            return .nothing
        case (_, .leaseLost):
            state = .over
            return .abandon
        case (.reporting, .reported):
            state = .over
            return .end
        case (.reporting, _), (_, .reported):
            return .nothing
        case (.working, .worked(let end)), (.stopping, .worked(let end)):
            defer { state = .reporting }
            return report(end)
        case (_, .cancelled(let why)):
            // Also where a release was under way: a cancelled job is not queued again.
            return stop(.cancelled(why.reason), why)
        case (.working, .timedOut(let seconds, let advice)):
            let reason =
                "the job took longer than its timeout of \(Self.spoken(seconds))" + (advice.map { "; \($0)" } ?? "")
            return stop(.failed(reason), JobStop(reason))
        case (.working, .unreportable(let reason)), (.working, .exceeded(let reason)):
            return stop(.failed(reason), JobStop(reason))
        case (.working, .graceOver):
            return release(
                .shutdown, "the worker was shut down", "the worker is shutting down; the job is handed to another")
        case (.working, .faulted(let handBack, let reason)):
            return release(handBack, reason, "handed back: \(reason)")
        case (.stopping, _):
            return .nothing
        }
    }

    private mutating func release(_ handBack: JobFinished.HandBack, _ reason: String, _ words: String) -> Action {
        var why = JobStop(words, successor: .attempt)
        why.isRelease = true
        return stop(.released(handBack, reason), why)
    }

    private mutating func stop(_ stop: Stop, _ why: JobStop) -> Action {
        let first = state == .working
        state = .stopping(stop)
        return first ? .stopWork(why) : .nothing
    }

    private func report(_ end: WorkEnd) -> Action {
        switch (end, state) {
        case (.complete(let success, let reason), _):
            // It was done before the stop had an effect: that is what happened.
            return .report(success ? .success : .failure, reason: reason)
        case (_, .stopping(.cancelled(let reason))):
            return .report(.cancelled, reason: reason)
        case (_, .stopping(.failed(let reason))):
            return .report(.failure, reason: reason)
        case (_, .stopping(.released(let handBack, let reason))):
            return .report(.released, reason: reason, handBack: handBack)
        case (.broken(let reason), _):
            return .report(.failure, reason: reason)
        case (.interrupted, _):
            return .report(.failure, reason: "the work was interrupted")
        }
    }

    private static func spoken(_ seconds: Int) -> String {
        switch seconds {
        case let seconds where seconds >= 3600 && seconds % 3600 == 0: "\(seconds / 3600) h"
        case let seconds where seconds >= 60 && seconds % 60 == 0: "\(seconds / 60) min"
        default: "\(seconds) s"
        }
    }
}

import Contracts
import Logging
import PipelineLanguage
import Secrets
import Synchronization

/// A job under way: runs its steps in their order and tells how each of them goes.
public final class JobRun: Sendable {
    private struct State {
        var job: GrantedJob?
        /// Steps whose end is on its way to the platform.
        var reported: Set<String> = []
        var end = JobLife.WorkEnd.interrupted
        /// Why steps do not get on, by step.
        var stuck: [String: String] = [:]
    }

    private let grant: JobGrant
    private let platform: any JobPlatform
    private let reporter: JobReporter
    private let logs: LogDispatch
    private let stop: StopSignal
    private let configuration: LogShipper.Configuration
    private let logger: Logger
    private let hasExceeded: @Sendable (String) -> Void
    private let hasFaulted: @Sendable (JobFinished.HandBack, String) -> Void
    private let hasEnded: @Sendable () -> Void
    private let state = Mutex(State())
    /// A value for each time that ``stuckReason`` changed.
    let stuckChanges: AsyncStream<Void>
    private let stuckChanged: AsyncStream<Void>.Continuation

    init(
        grant: JobGrant, platform: any JobPlatform, reporter: JobReporter, logs: LogDispatch, stop: StopSignal,
        configuration: LogShipper.Configuration, logger: Logger, exceeded: @escaping @Sendable (String) -> Void,
        faulted: @escaping @Sendable (JobFinished.HandBack, String) -> Void = { _, _ in },
        hasEnded: @escaping @Sendable () -> Void
    ) {
        self.grant = grant
        self.platform = platform
        self.reporter = reporter
        self.logs = logs
        self.stop = stop
        self.configuration = configuration
        self.logger = logger
        hasExceeded = exceeded
        hasFaulted = faulted
        self.hasEnded = hasEnded
        (stuckChanges, stuckChanged) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// Why the job does not get on, or `nil` where it does.
    var stuckReason: String? { state.withLock { state in state.stuck.min { $0.key < $1.key }?.value } }

    /// Says what all steps wait for, or with `nil` that they do no more; the steps that have not begun show it.
    public func waits(_ reason: String?) {
        stuck("", reason)
    }

    /// Stops the job, which has failed, for using more than it may.
    public func exceeded(_ reason: String) {
        hasExceeded(reason)
    }

    /// Stops the job and hands it back: that it cannot be done is no fault of its own.
    func faulted(_ handBack: JobFinished.HandBack, _ reason: String) {
        hasFaulted(handBack, masked(reason))
    }

    func stuck(_ step: String, _ reason: String?) {
        let reason = reason.map { masked($0) }
        let changed = state.withLock { state in
            guard state.stuck[step] != reason else { return false }
            state.stuck[step] = reason
            return true
        }
        if changed { stuckChanged.yield() }
    }

    /// A text with the job's secrets hidden: all that leaves the worker is.
    func masked(_ text: String) -> String {
        state.withLock { $0.job }?.masked(text) ?? text
    }

    /// Runs the job's steps, those that may at the same time, until all have ended. How they ended is reported; a
    /// step that fails is no error here.
    public func steps(_ runner: some StepRunner) async {
        guard let job = state.withLock({ $0.job }) else { return }
        await StepSequence(job: job, run: self, runner: runner).run()
        hasEnded()
    }

    /// Why the job is being stopped and who goes on with it, or `nil` while it goes on.
    var stopped: JobStop? { stop.stop }

    /// What to do where the job is not done when its time is over; `nil` where nothing is known.
    var timeoutAdvice: String? { state.withLock { $0.job?.steps.lazy.compactMap(\.timeoutAdvice).first } }

    var end: JobLife.WorkEnd { state.withLock { $0.end } }

    func begin(_ job: GrantedJob) {
        state.withLock { $0.job = job }
    }

    func ended(_ end: JobLife.WorkEnd) {
        let end = masked(end)
        state.withLock { $0.end = end }
    }

    /// The same with the job's secrets hidden in its reason.
    func masked(_ end: JobLife.WorkEnd) -> JobLife.WorkEnd {
        switch end {
        case .complete(let success, let reason): .complete(success: success, reason: reason.map { masked($0) })
        case .broken(let reason): .broken(masked(reason))
        case .interrupted: .interrupted
        }
    }

    /// A log that is sent while the step runs.
    func startLog(of step: String) -> LogShipper {
        let mask = state.withLock { $0.job?.mask }
        var configuration = configuration
        configuration.limit = grant.limits?.logBytes
        let shipper = LogShipper(
            .init(job: grant.job, run: grant.run, attempt: grant.attempt, step: step, token: grant.token),
            mask: mask ?? .init(secrets: []),
            sink: platform, configuration: configuration, logger: logger)
        logs.start(shipper)
        return shipper
    }

    func started(_ step: String, at moment: Timestamp) {
        reporter.started(step, at: moment)
    }

    func finished(_ report: StepReport, log: LogShipper?) {
        var report = report
        report.reason = report.reason.map { masked($0) }
        state.withLock { _ = $0.reported.insert(report.step) }
        reporter.finished(report, log: log)
    }

    /// A step was stopped for the next attempt of the job: its log is sent, and its end is that one's.
    func released(_ step: String, log: LogShipper) {
        reporter.released(step, log: log)
    }

    /// The job could not be done: the first step that has no end gets the reason, in its log too.
    func fail(_ reason: String) async {
        let reported = state.withLock { $0.reported }
        guard let step = grant.steps.first(where: { !reported.contains($0) }) else { return }
        let now = Timestamp.now
        started(step, at: now)
        let log = startLog(of: step)
        await log.line(reason)
        finished(
            StepReport(step: step, outcome: .failure, reason: reason, startedAt: now, finishedAt: .now), log: log)
    }

    /// The reports of the steps that never began, for the job's last one. A job that is handed back has none: its
    /// next attempt runs them.
    func unreported(outcome: JobFinished.Outcome, reason: String?) -> [StepReport] {
        guard outcome != .released else { return [] }
        let reported = state.withLock { $0.reported }
        return grant.steps.filter { !reported.contains($0) }.map { step in
            switch outcome {
            case .cancelled: StepReport(step: step, outcome: .cancelled, reason: reason)
            default: StepReport(step: step, outcome: .skipped, reason: reason ?? "the job ended before it")
            }
        }
    }
}

import Contracts
import Measures
import Metrics
import PipelineLanguage

/// Drives the steps of one job in the order `StepSchedule` decides, several at once where it says so.
struct StepSequence<Runner: StepRunner>: Sendable {
    let job: GrantedJob
    let run: JobRun
    let runner: Runner

    private enum Event: Sendable {
        case ready(String)
        case ended(String, StepEnd)
        case stopAsked
    }

    /// What is known of a step that runs.
    private struct Running: Sendable {
        var step: Step
        var startedAt: Timestamp
        let began = ContinuousClock.now
        var log: LogShipper
        var stop = StopSignal()
    }

    func run() async {
        let (events, send) = AsyncStream.makeStream(of: Event.self)
        // A separate task: a stop has to end the steps in good order, and in a cancelled task nothing can be awaited.
        let following = Task { await follow(events, send) }
        await withTaskCancellationHandler {
            await following.value
        } onCancel: {
            send.yield(.stopAsked)
        }
    }

    private func follow(_ events: AsyncStream<Event>, _ send: AsyncStream<Event>.Continuation) async {
        var schedule = StepSchedule(stage: job.stage, steps: job.grant.steps, outcomes: job.grant.outcomes)
        var state = Following(
            outputs: job.grant.outputs, dropped: job.grant.dropped ?? [:], outcomes: job.grant.outcomes)
        await withDiscardingTaskGroup { group in
            await perform(schedule.begin(), &state, &group, send)
            if state.isOver { return }
            for await event in events {
                switch event {
                case .ready(let name):
                    await perform(schedule.ready(name), &state, &group, send)
                case .stopAsked:
                    // Without a reason it is the worker that ends.
                    let stop = run.stopped ?? JobStop("the job is stopped", successor: .attempt)
                    state.stop = stop
                    await perform(schedule.cancel(reason: stop.reason), &state, &group, send)
                    // Of what was stopped is what could not be done.
                    for name in state.faulted {
                        send.yield(.ended(name, StepEnd(StepResult(success: false, wasStopped: true), stopped: stop)))
                    }
                    state.faulted = []
                case .ended(let name, let end) where end.result.handBack != nil && !state.isStopped:
                    // It has neither failed nor ended well: nothing follows from it, and the job is stopped.
                    state.faulted.append(name)
                    run.faulted(
                        end.result.handBack ?? .worker, end.result.reason ?? "step “\(name)” cannot be done here")
                case .ended(let name, let end):
                    let actions = schedule.finished(
                        name, end.outcome, exitCode: end.exitCode, reason: end.result.reason.map(job.masked))
                    if schedule.outcomes[name] != .success { await tell(end, in: state.running[name]?.log) }
                    if !actions.contains(where: { $0.isStart(of: name) }) {
                        // Stopped because nothing needs it any more is no failure; the schedule knows.
                        let outcome = schedule.outcomes[name] ?? end.outcome
                        let isIgnored = outcome == .failure ? schedule.ignored.contains(name) : nil
                        await close(name, end, outcome: outcome, isIgnored: isIgnored, &state)
                    }
                    state.outcomes.merge(schedule.outcomes) { _, new in new }
                    await perform(actions, &state, &group, send)
                }
                if state.isOver { return }
            }
        }
    }

    private struct Following {
        var running: [String: Running] = [:]
        var outputs: [String: [String: String]]
        var dropped: [String: [String: String]]
        var outcomes: [String: StepOutcome]
        var isFinished = false
        /// Steps that could not be done here, until the job is stopped for it.
        var faulted: [String] = []
        /// Why the job is stopped.
        var stop: JobStop?
        /// Whether what is stopped has no end, since the next attempt runs it.
        var isRelease: Bool { stop?.isRelease == true }
        /// Whether the steps' ends are those of a stop.
        var isStopped: Bool { stop != nil || isFinished }
        /// Decided, and nothing runs any more.
        var isOver: Bool { isFinished && running.isEmpty }

        init(
            outputs: [String: [String: String]], dropped: [String: [String: String]], outcomes: [String: StepOutcome]
        ) {
            self.outputs = outputs
            self.dropped = dropped
            self.outcomes = outcomes
        }
    }

    private func perform(
        _ actions: [StepSchedule.Action], _ state: inout Following, _ group: inout DiscardingTaskGroup,
        _ send: AsyncStream<Event>.Continuation
    ) async {
        for action in actions {
            switch action {
            case .start(let name, let number, let delay):
                guard let step = job.stage.step(name) else { continue }
                var entry = state.running[name] ?? open(step)
                if number > 1 {
                    entry.stop = StopSignal()
                    await entry.log.line("— try \(number)\(delay > 0 ? " in \(delay) s" : "")")
                }
                state.running[name] = entry
                let stop = entry.stop
                let stepRun = StepRun(
                    job: job, step: step, outputs: state.outputs, dropped: state.dropped, outcomes: state.outcomes,
                    workspace: runner.workspace(of: step, in: job.stage), startedAt: entry.startedAt,
                    number: number, log: entry.log,
                    ready: { send.yield(.ready(name)) }, stuck: { run.stuck(name, $0) },
                    stopped: { stop.stop })
                group.addTask { send.yield(.ended(name, await attempt(stepRun, after: delay, stop))) }
            case .skip(_, let reason) where reason.code == .cancelled && state.isRelease:
                // The next attempt runs it.
                break
            case .skip(let name, let reason):
                run.finished(
                    StepReport(
                        step: name, outcome: reason.code == .cancelled ? .cancelled : .skipped, reason: reason.text),
                    log: nil)
            case .stop(let name, let reason):
                state.running[name]?.stop.stop(JobStop(reason, successor: state.stop?.successor ?? .nobody))
            case .finish(let outcome, let reason):
                state.isFinished = true
                run.ended(
                    outcome == .cancelled ? .interrupted : .complete(success: outcome == .success, reason: reason))
            }
        }
    }

    private func open(_ step: Step) -> Running {
        let entry = Running(step: step, startedAt: .now, log: run.startLog(of: step.name))
        run.started(step.name, at: entry.startedAt)
        return entry
    }

    /// What stopped a step, in its log.
    private func tell(_ end: StepEnd, in log: LogShipper?) async {
        guard end.result.wasStopped, let reason = end.result.reason else { return }
        await log?.line(end.outcome == .failure ? reason : "stopped: \(reason)")
    }

    private func close(
        _ name: String, _ end: StepEnd, outcome: StepOutcome, isIgnored: Bool?, _ state: inout Following
    ) async {
        guard let entry = state.running.removeValue(forKey: name) else { return }
        run.stuck(name, nil)
        if outcome == .cancelled, state.isRelease {
            // It has no end: the next attempt runs it.
            return run.released(name, log: entry.log)
        }
        let dropped = await dropped(of: end.result.outputs, of: entry)
        let outputs = end.result.outputs.filter { dropped[$0.key] == nil }
        state.outputs[name] = outputs
        state.dropped[name] = dropped
        let report = StepReport(
            step: name, outcome: outcome, exitCode: end.result.exitCode,
            reason: outcome == .success ? nil : end.result.reason, ignored: isIgnored, outputs: outputs,
            dropped: dropped.isEmpty ? nil : dropped.filter { job.masked($0.key) == $0.key },
            startedAt: entry.startedAt, finishedAt: .now)
        run.finished(report, log: entry.log)
        Measure.stepSeconds.timer(entry.step.kind.rawValue, outcome.rawValue)
            .record(duration: ContinuousClock.now - entry.began)
    }

    /// The outputs that are not handed on, and which secret is in each: a step's own script can write one into an output,
    /// and by it into the name of an image or an event. What an image build or a rollout hands on is made by the worker of
    /// what the pipeline says.
    private func dropped(of outputs: [String: String], of entry: Running) async -> [String: String] {
        guard entry.step.build == nil, entry.step.deploy == nil else { return [:] }
        var dropped: [String: String] = [:]
        for (name, value) in outputs.sorted(by: { $0.key < $1.key }) {
            guard let secret = job.secret(in: value) ?? job.secret(in: name) else { continue }
            dropped[name] = secret
            await entry.log.line(
                "the output “\(job.masked(name))” holds \(secret), and is dropped; let the step that needs it take it itself, "
                    + "with from_secret")
        }
        return dropped
    }

    /// One try of one step.
    private func attempt(_ stepRun: StepRun, after delay: Int, _ stop: StopSignal) async -> StepEnd {
        let timeout = stepRun.step.timeout
        let result = await withTaskGroup(of: Void.self, returning: StepResult.self) { group in
            if let timeout {
                group.addTask {
                    do {
                        try await Task.sleep(for: .seconds(delay + timeout))
                        var reason = JobStop(stepRun.step.timeoutReason(timeout))
                        reason.isTimeout = true
                        stop.stop(reason)
                    } catch {
                        // The step ended before.
                    }
                }
            }
            let result = await stop.run {
                do {
                    if delay > 0 { try await Task.sleep(for: .seconds(delay)) }
                    return try await runner.run(try stepRun.resolved())
                } catch {
                    let failure = error as? JobFailure
                    let reason = failure?.reason ?? "\(error)"
                    // What went wrong belongs where people look first.
                    if !Task.isCancelled { await stepRun.log.line(reason) }
                    return StepResult(
                        success: false, reason: reason, wasStopped: Task.isCancelled,
                        handBack: Task.isCancelled
                            ? nil : failure?.handBack ?? (error as? ProcessRunnerError)?.handBack)
                }
            }
            group.cancelAll()
            return result
        }
        return StepEnd(result, stopped: stop.stop)
    }
}

extension StepSchedule.Action {
    fileprivate func isStart(of name: String) -> Bool {
        if case .start(name, _, _) = self { true } else { false }
    }
}

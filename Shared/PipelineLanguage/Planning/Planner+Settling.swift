public import Contracts

/// What an event changes before anything new starts.
extension Planner {
    /// Exit code 78 ends the stage early and well.
    public static let stopExitCode: Int32 = 78

    mutating func settle(
        _ number: Int, of stage: Int, outcome: StepOutcome, exitCode: Int32?, reason: String?
    ) -> [Action] {
        guard !progress.stages[stage].steps[number].state.isFinal else { return [] }
        let name = plan.stages[stage].steps[number].name
        let policy = plan.process.stages[stage].steps[number].failure
        let isDetached = plan.process.stages[stage].steps[number].detach
        progress.stages[stage].steps[number] = RunProgress.Step(
            state: RunState(outcome), reason: reason, exitCode: exitCode)
        switch outcome {
        case .success where exitCode == Self.stopExitCode && !isDetached:
            if progress.stages[stage].stop == nil {
                progress.stages[stage].stop = SkipReason(
                    .stopped, "step “\(name)” ended the stage with exit code \(Self.stopExitCode)")
            }
        // A detached step that worked once may end as it likes; that one never worked is in its job's outcome.
        case .failure where policy != .ignore && !isDetached:
            if progress.stages[stage].failure == nil {
                progress.stages[stage].failure = "step “\(name)”"
                progress.stages[stage].reason = "step “\(name)” failed\(reason.map { ": \($0)" } ?? "")"
            }
            guard policy == .fast else { break }
            return cancelRunning(stage, reason: "step “\(name)” failed", except: number)
        default: break
        }
        return []
    }

    /// Ends a job and settles the steps nothing was heard of.
    mutating func close(_ job: Int, of stage: Int, outcome: JobFinished.Outcome, reason: String?) {
        let stop = progress.stages[stage].stop
        switch outcome {
        case .success: progress.stages[stage].jobs[job] = .success
        case .failure: progress.stages[stage].jobs[job] = .failure
        case .cancelled, .released: progress.stages[stage].jobs[job] = .cancelled
        }
        let hadFailed = progress.stages[stage].failure != nil
        for number in plan.stages[stage].jobs[job].stepNumbers {
            let state = progress.stages[stage].steps[number].state
            guard !state.isFinal else { continue }
            let wasRunning = state == .running
            let settled: RunState =
                switch outcome {
                case .success: wasRunning ? .success : .skipped
                case .failure: wasRunning ? .failure : .skipped
                case .cancelled, .released: .cancelled
                }
            progress.stages[stage].steps[number] = RunProgress.Step(
                state: settled,
                reason: reason ?? stop?.text ?? (settled == .success ? nil : "the worker did not say why"))
        }
        guard !hadFailed, progress.cancelled == nil, stop == nil else { return }
        // A job may fail before any of its steps runs: no image, no source, no worker.
        let name = plan.stages[stage].jobs[job].steps.first ?? plan.stages[stage].name
        switch outcome {
        case .failure: fail(stage, "the job of step “\(name)”", reason)
        case .cancelled, .released: fail(stage, "the job of step “\(name)”", reason ?? "it was cancelled")
        case .success: break
        }
    }

    private mutating func fail(_ stage: Int, _ what: String, _ reason: String?) {
        progress.stages[stage].failure = what
        progress.stages[stage].reason = reason ?? "\(what) failed"
    }

    /// Nothing of the stage starts any more, and what runs is stopped.
    mutating func stop(_ stage: Int, _ reason: SkipReason) -> [Action] {
        progress.stages[stage].stop = reason
        var actions = cancelRunning(stage, reason: reason.text, except: nil)
        for job in progress.stages[stage].jobs.indices where progress.stages[stage].jobs[job] == .queued {
            // Nobody has it yet; whoever asks for it will be refused.
            actions.append(.cancelJob(plan.stages[stage].jobs[job].key, reason: reason.text))
            actions += skip(job, of: stage, reason)
        }
        return actions
    }

    /// - Parameter except: A step whose own job goes on, if it has others.
    private func cancelRunning(_ stage: Int, reason: String, except step: Int?) -> [Action] {
        plan.stages[stage].jobs.indices.compactMap { job in
            guard progress.stages[stage].jobs[job] == .running else { return nil }
            if let step, plan.stages[stage].jobs[job].stepNumbers.contains(step) { return nil }
            return .cancelJob(plan.stages[stage].jobs[job].key, reason: reason)
        }
    }

    /// Settles a job that will never start.
    mutating func skip(_ job: Int, of stage: Int, _ reason: SkipReason) -> [Action] {
        let isCancelled = reason.code == .cancelled
        progress.stages[stage].jobs[job] = isCancelled ? .cancelled : .skipped
        return plan.stages[stage].jobs[job].stepNumbers.compactMap { number in
            guard !progress.stages[stage].steps[number].state.isFinal else { return nil }
            progress.stages[stage].steps[number] = RunProgress.Step(
                state: isCancelled ? .cancelled : .skipped, reason: reason.text)
            let key = StepKey(stage: plan.stages[stage].name, step: plan.stages[stage].steps[number].name)
            return .skipStep(key, reason)
        }
    }
}

extension RunState {
    /// The state of a step that ended so.
    public init(_ outcome: StepOutcome) {
        self =
            switch outcome {
            case .success: .success
            case .failure: .failure
            case .skipped: .skipped
            case .cancelled: .cancelled
            }
    }
}

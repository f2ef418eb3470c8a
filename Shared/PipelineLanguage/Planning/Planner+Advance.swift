import Contracts

/// What can start, cannot start any more, or is over, now that something has changed.
extension Planner {
    mutating func advance() -> [Action] {
        guard progress.state == .running else { return [] }
        var actions: [Action] = []
        // In the order of dependencies, so that one pass carries an end through to all that wait for it.
        for stage in plan.order where !progress.stages[stage].state.isFinal {
            if progress.stages[stage].state == .pending, !begin(stage, &actions) { continue }
            advanceJobs(of: stage, &actions)
            finish(stage, &actions)
        }
        if progress.stages.allSatisfy(\.state.isFinal) { finish(&actions) }
        return actions
    }

    /// Decides on a stage whose turn may have come. Returns whether it is running now.
    private mutating func begin(_ stage: Int, _ actions: inout [Action]) -> Bool {
        let planned = plan.stages[stage]
        if let stop = progress.stages[stage].stop {
            skipAll(stage, stop, &actions)
            return false
        }
        guard planned.dependencies.allSatisfy({ progress.stages[$0].state.isFinal }) else { return false }
        let failed = planned.dependencies.first { progress.stages[$0].failure != nil }
        // One that was skipped because of an earlier failure passes on what failed.
        let failing = failed.flatMap { number in
            progress.stages[number].state == .skipped
                ? progress.stages[number].failure : "stage “\(plan.stages[number].name)”"
        }
        let trigger = plan.process.stages[stage].trigger
        if let refusal = trigger.refusal(failing: failing, word: "trigger") {
            // What waits for this one has to see the failure too.
            progress.stages[stage].failure = failing
            skipAll(stage, refusal, &actions)
            return false
        }
        progress.stages[stage].state = .running
        actions.append(.stageStarted(planned.name))
        return true
    }

    private mutating func skipAll(_ stage: Int, _ reason: SkipReason, _ actions: inout [Action]) {
        for job in progress.stages[stage].jobs.indices where !progress.stages[stage].jobs[job].isFinal {
            actions += skip(job, of: stage, reason)
        }
        let state: RunState = reason.code == .cancelled ? .cancelled : .skipped
        progress.stages[stage].state = state
        progress.stages[stage].reason = reason.text
        actions.append(.stageFinished(plan.stages[stage].name, state))
    }

    private mutating func advanceJobs(of stage: Int, _ actions: inout [Action]) {
        // In the order of dependencies, for what is skipped is final for the jobs that wait for it; told in the order
        // of the file.
        var decisions: [(job: Int, actions: [Action])] = []
        var causes: FailureCauses?
        for job in plan.stages[stage].jobOrder where progress.stages[stage].jobs[job] == .waiting {
            if let stop = progress.stages[stage].stop {
                decisions.append((job, skip(job, of: stage, stop)))
                continue
            }
            let planned = plan.stages[stage].jobs[job]
            guard planned.afterNumbers.allSatisfy({ progress.stages[stage].steps[$0].state.isFinal }) else { continue }
            if let refusal = refusal(of: planned, in: stage, &causes) {
                decisions.append((job, skip(job, of: stage, refusal)))
            } else {
                progress.stages[stage].jobs[job] = .queued
                decisions.append((job, [.startJob(planned.key)]))
            }
        }
        for decision in decisions.sorted(by: { $0.job < $1.job }) { actions += decision.actions }
    }

    /// Why none of a job's steps would run as things are, or `nil` if one may.
    private func refusal(of job: PlannedJob, in stage: Int, _ causes: inout FailureCauses?) -> SkipReason? {
        var first: (number: Int, refusal: SkipReason)?
        for number in job.stepNumbers {
            let refusal = plan.process.stages[stage].steps[number].when.refusal(
                failing: progress.stages[stage].failure, word: "when")
            guard let refusal else { return nil }
            first = first ?? (number, refusal)
        }
        guard let first, progress.stages[stage].failure != nil else { return first?.refusal }
        let known = causes ?? FailureCauses(stage, plan, progress)
        causes = known
        return known.reason(of: first.number) ?? first.refusal
    }

    private mutating func finish(_ stage: Int, _ actions: inout [Action]) {
        guard progress.stages[stage].jobs.allSatisfy(\.isFinal) else { return }
        let progressOfStage = progress.stages[stage]
        let state: RunState =
            if progress.cancelled != nil, progressOfStage.stop?.code == .cancelled {
                .cancelled
            } else if progressOfStage.failure != nil {
                .failure
            } else if progressOfStage.steps.allSatisfy({ $0.state == .skipped }) {
                .skipped
            } else {
                .success
            }
        progress.stages[stage].state = state
        if state == .cancelled { progress.stages[stage].reason = progress.cancelled }
        if state == .skipped, progress.stages[stage].reason == nil {
            progress.stages[stage].reason = "all its steps are skipped"
        }
        actions.append(.stageFinished(plan.stages[stage].name, state))
    }

    /// Whether another stage has a step of the same name as one of the stage: what failed there has to be told with its
    /// stage then.
    private func isAmbiguous(_ stage: Int) -> Bool {
        let names = Set(plan.stages[stage].steps.map(\.name))
        return plan.stages.indices.contains { other in
            other != stage && plan.stages[other].steps.contains { names.contains($0.name) }
        }
    }

    private mutating func finish(_ actions: inout [Action]) {
        let states = progress.stages.map(\.state)
        var reason: String?
        let state: RunState
        if let cancelled = progress.cancelled, states.contains(.cancelled) || states.isEmpty {
            state = .cancelled
            reason = cancelled
        } else if let failed = progress.stages.firstIndex(where: { $0.state == .failure }) {
            state = .failure
            reason = progress.stages[failed].reason.map { words in
                isAmbiguous(failed) ? "\(plan.stages[failed].name): \(words)" : words
            }
        } else if states.allSatisfy({ $0 == .skipped }) {
            state = .skipped
            reason = plan.refusal?.text ?? progress.stages.first?.reason ?? "there is nothing to do"
        } else {
            state = .success
        }
        progress.state = state
        actions.append(.finished(state, reason: reason))
    }
}

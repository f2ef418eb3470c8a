import Contracts
import PipelineLanguage

extension WorkerEvents {
    /// Does a step's work and reports its start and its end.
    /// - Throws: ``JobFailure`` with the reason of whatever `work` throws.
    public func telling(
        _ step: StepRun, _ work: (StepRun) async throws -> StepResult
    ) async throws -> StepResult {
        add(
            .taskRunStarted(task(step), name: step.step.name, run: step.job.grant.run, origin: origin(step, "started")),
            step)
        do {
            let result = try await work(step)
            finished(step, result)
            return result
        } catch {
            let reason = (error as? JobFailure)?.reason ?? "\(error)"
            finished(step, StepResult(success: false, reason: reason, wasStopped: Task.isCancelled))
            throw JobFailure(reason)
        }
    }

    /// A reason may repeat what a program said, so the job's secrets are hidden in it.
    private func finished(_ step: StepRun, _ result: StepResult) {
        let end = StepEnd(result, stopped: step.stopped())
        let outcome: EventOutcome =
            switch end.outcome {
            case .success: .success
            case .failure: .failure
            case .cancelled, .skipped: .cancel
            }
        add(
            .taskRunFinished(
                task(step), name: step.step.name, run: step.job.grant.run, outcome: outcome,
                errors: outcome == .success ? nil : end.result.reason.map { step.job.masked($0) },
                origin: origin(step, "finished")), step)
    }
}

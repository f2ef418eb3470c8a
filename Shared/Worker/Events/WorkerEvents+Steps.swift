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
            finished(step, result.success ? .success : Task.isCancelled ? .cancel : .failure, result.reason)
            return result
        } catch {
            let reason = (error as? JobFailure)?.reason ?? "\(error)"
            finished(step, Task.isCancelled ? .cancel : .failure, reason)
            throw JobFailure(reason)
        }
    }

    /// A reason may repeat what a program said, so the job's secrets are hidden in it.
    private func finished(_ step: StepRun, _ outcome: EventOutcome, _ reason: String?) {
        add(
            .taskRunFinished(
                task(step), name: step.step.name, run: step.job.grant.run, outcome: outcome,
                errors: outcome == .success ? nil : reason.map { step.job.masked($0) },
                origin: origin(step, "finished")), step)
    }
}

import Contracts
import PipelineLanguage

/// Drives the steps of one job: what may run runs, what may not is reported as skipped.
struct StepSequence<Runner: StepRunner>: Sendable {
    let job: GrantedJob
    let run: JobRun
    let runner: Runner

    func run() async {
        var outputs = job.grant.outputs
        var failed: String?
        for step in job.steps {
            if let failed {
                run.finished(StepReport(step: step.name, outcome: .skipped, reason: failed), log: nil)
                continue
            }
            let report = await perform(step, outputs)
            outputs[step.name] = report.outputs
            if report.outcome != .success { failed = "“\(step.name)” failed" }
        }
        run.ended(Task.isCancelled ? .interrupted : .complete(success: failed == nil, reason: failed))
    }

    /// One step with its tries.
    private func perform(_ step: Step, _ outputs: [String: [String: String]]) async -> StepReport {
        let startedAt = Timestamp.now
        run.started(step.name, at: startedAt)
        let log = run.startLog(of: step.name)
        var number = 1
        var result = await attempt(step, outputs, number, log)
        while !result.success, !Task.isCancelled, let retry = step.retry, number <= retry.max,
            retry.exitCodes.isEmpty || result.exitCode.map(retry.exitCodes.contains) == true
        {
            number += 1
            await log.line("\(result.reason ?? "it failed"); try \(number) of \(retry.max + 1) in \(retry.delay) s")
            do {
                try await Task.sleep(for: .seconds(retry.delay))
            } catch {
                break
            }
            result = await attempt(step, outputs, number, log)
        }
        let stopped = !result.success && Task.isCancelled
        let report = StepReport(
            step: step.name, outcome: result.success ? .success : stopped ? .cancelled : .failure,
            exitCode: result.exitCode, reason: stopped ? run.stopReason ?? result.reason : result.reason,
            outputs: result.outputs, startedAt: startedAt, finishedAt: .now)
        run.finished(report, log: log)
        return report
    }

    private func attempt(
        _ step: Step, _ outputs: [String: [String: String]], _ number: Int, _ log: LogShipper
    ) async -> StepResult {
        let stepRun = StepRun(job: job, step: step, outputs: outputs, number: number, log: log)
        do {
            guard let seconds = step.timeout else { return try await runner.run(stepRun) }
            return try await withinTime(seconds) { try await runner.run(stepRun) }
        } catch {
            let reason = (error as? JobFailure)?.reason ?? "\(error)"
            if !Task.isCancelled { await log.line(reason) }
            return StepResult(success: false, reason: reason)
        }
    }

    /// Cancels the work after some seconds and says so.
    private func withinTime(
        _ seconds: Int, _ work: @escaping @Sendable () async throws -> StepResult
    ) async throws -> StepResult {
        try await withThrowingTaskGroup(of: StepResult?.self) { group in
            group.addTask { try await work() }
            group.addTask {
                try await Task.sleep(for: .seconds(seconds))
                return nil
            }
            defer { group.cancelAll() }
            if let first = try await group.next(), let result = first { return result }
            group.cancelAll()
            // The work ends in its own way; how does not matter any more.
            _ = await group.nextResult()
            throw JobFailure("the step took longer than its timeout of \(seconds) s")
        }
    }
}

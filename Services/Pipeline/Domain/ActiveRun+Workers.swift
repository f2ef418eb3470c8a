import Contracts
import PipelineLanguage

/// What workers say.
extension ActiveRun {
    /// A worker asks for a job.
    mutating func claim(
        _ id: JobID, attempt: Int, worker: String, claim: String? = nil, life: String? = nil
    ) -> (claim: JobLease.Claim, changes: [Change]) {
        guard let index = index(of: id) else { return (.refused(.unknown, "there is no job \(id)"), []) }
        let verdict = rows.jobs[index].lease.claim(
            attempt: attempt, worker: worker, claim: claim, life: life, now: heard, length: rules.terms.length,
            timeLimit: .seconds(rows.jobs[index].timeLimit))
        switch verdict {
        case .refused: break
        case .requeued: requeue(index)
        case .gaveUp(let reason): end(index, .failure, reason)
        case .granted: begin(index)
        }
        return (verdict, changes())
    }

    mutating func stepStarted(_ message: StepStarted) -> [Change] {
        guard let index = renewLease(of: message.job, attempt: message.attempt) else { return changes() }
        let job = rows.jobs[index]
        guard let step = self.index(of: message.step, in: job) else { return changes() }
        rows.steps[step].startedAt = message.at
        rows.steps[step].attempt = message.attempt
        if rows.steps[step].isService, !rows.steps[step].state.isFinal { rows.steps[step].state = .running }
        let key = key(of: job)
        advance { $0.stepStarted(message.step, in: key) }
        return changes()
    }

    mutating func stepFinished(_ message: StepFinished) -> [Change] {
        guard let index = renewLease(of: message.job, attempt: message.attempt) else { return changes() }
        let job = rows.jobs[index]
        let report = bounded(message.report, of: job)
        let key = key(of: job)
        record(report, of: job, attempt: message.attempt)
        advance {
            $0.stepFinished(
                report.step, in: key, outcome: report.outcome, exitCode: report.exitCode,
                reason: report.reason)
        }
        return changes()
    }

    mutating func jobFinished(_ message: JobFinished) -> [Change] {
        guard let index = index(of: message.job) else { return [] }
        let job = rows.jobs[index]
        let stopping = job.lease.stopping
        let reason = message.reason.map(Quotas.words)
        let isReleased = message.outcome == .released
        if isReleased {
            switch rows.jobs[index].lease.release(attempt: message.attempt, reason: reason) {
            case .notYet:
                stopOutdated(job, attempt: message.attempt)
                return changes()
            case .requeued:
                handedBack(index, message.handBack, reason)
                return changes()
            case .failed(let reason):
                end(index, .failure, reason)
                return changes()
            case .stopped: break
            }
        } else if !rows.jobs[index].lease.finish(attempt: message.attempt, reason: reason) {
            stopOutdated(job, attempt: message.attempt)
            return changes()
        }
        var reports: [StepReport] = []
        for report in message.steps {
            reports.append(bounded(report, of: job))
            record(reports[reports.count - 1], of: job, attempt: message.attempt)
        }
        end(index, isReleased ? .cancelled : message.outcome, stopping ?? reason, reports: reports)
        return changes()
    }

    /// What is reported of a step, within its bounds; it fails where its outputs are more than a run may have.
    private func bounded(_ report: StepReport, of job: Job) -> StepReport {
        var report = report
        report.reason = report.reason.map(Quotas.words)
        report.logBytes = min(max(0, report.logBytes), rules.quotas.longestLog)
        let handedOn = [report.outputs, report.dropped ?? [:]]
        guard handedOn.contains(where: { !$0.isEmpty }), let index = index(of: report.step, in: job) else {
            return report
        }
        let others = rows.steps.indices.filter { $0 != index }.flatMap {
            [rows.steps[$0].outputs, rows.steps[$0].dropped]
        }
        let length = (others + handedOn).joined().reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        guard let reason = rules.quotas.refusal(ofOutputs: length) else { return report }
        (report.outcome, report.reason, report.outputs, report.dropped) = (.failure, reason, [:], nil)
        return report
    }

    /// A sign of life renews the lease. What an attempt says that no longer counts changes nothing, and its worker is told
    /// to stop.
    /// - Returns: the job, if what is said of it counts.
    private mutating func renewLease(of id: JobID, attempt: Int) -> Int? {
        guard let index = index(of: id) else { return nil }
        guard rows.jobs[index].lease.renew(attempt: attempt, until: heard.adding(rules.terms.length)) else {
            stopOutdated(rows.jobs[index], attempt: attempt)
            return nil
        }
        return index
    }

    private mutating func stopOutdated(_ job: Job, attempt: Int) {
        guard let reason = job.lease.stopReason(of: attempt) else { return }
        answer.messages.append(
            .stop(
                JobCancelled(
                    job: job.id, run: id, attempt: attempt, reason: reason, isFinal: job.lease.isCalledOff)))
    }

    /// Keeps what a report says beside the outcome, which is the planner's.
    private mutating func record(_ report: StepReport, of job: Job, attempt: Int) {
        guard let index = index(of: report.step, in: job) else { return }
        rows.steps[index].record(report, attempt: attempt, now: now)
    }
}

import Contracts
import PipelineLanguage

/// What is said of the workload that a job changes.
extension ActiveRun {
    /// A newer job of the workload waits, and this one is stuck: its worker is told to stop.
    /// - Parameter winner: the name of the other's run.
    mutating func displace(_ id: JobID, by winner: String) -> [Change] {
        guard let index = index(of: id), let workload = rows.jobs[index].workload,
            rows.jobs[index].lease.stopping == nil
        else { return [] }
        let why = rows.jobs[index].stuck.map { " (\($0))" } ?? ""
        return cancel(reason: "it was stuck\(why), and a newer rollout to \(workload) took its place: \(winner)").map {
            guard case .stop(var message) = $0, message.job == id else { return $0 }
            message.winner = winner
            return .stop(message)
        }
    }

    /// What is known of clusters has changed: the job is known by the key that follows from it.
    mutating func relocate(_ id: JobID) -> [Change] {
        guard let index = index(of: id) else { return [] }
        let job = rows.jobs[index]
        let planned = plan.stages[job.stage].jobs[job.place]
        rows.jobs[index].workload =
            rules.gate.workload(of: planned, in: plan.process.stages[job.stage], repository: job.repository)?.name
            ?? job.workload
        if job.lease.state == .waiting { answer.next.append(.wait(id)) }
        return changes()
    }
}

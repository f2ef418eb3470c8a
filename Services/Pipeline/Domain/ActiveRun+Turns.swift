import Contracts
import PipelineLanguage

/// What other runs say to rollouts, and what goes before them.
extension ActiveRun {
    /// Whose turn it is at the workload of a job that asked.
    mutating func turn(of id: JobID, _ turn: Turn) -> [Change] {
        guard let index = index(of: id), let workload = rows.jobs[index].workload else { return [] }
        switch (turn, rows.jobs[index].lease.state) {
        case (.dispatch, .held): offer(index)
        case (.hold, .held), (.hold, .queued):
            rows.jobs[index].lease.state = .held
            answer.next.append(.displaceStuck(workload))
        case (.superseded(let winner), .waiting), (.superseded(let winner), .held), (.superseded(let winner), .queued):
            let what = rows.jobs[index].kind == .rollout ? "a newer rollout to" : "a newer run of the step"
            let reason = "\(what) \(workload) took its place: \(winner)"
            note("step “\(rows.jobs[index].steps.first ?? "")” is superseded: \(reason)")
            _ = rows.jobs[index].lease.stop(reason, now: heard, as: .superseded)
            // One that came back from a lost worker may be what the newer one waits for.
            release(index)
            // The run has nothing more to give.
            advance { $0.cancel(reason: reason) }
        default: return []
        }
        return changes()
    }

    /// The push came late: its ref had gone on, and what came after it is rolled out, or was.
    mutating func giveWay(_ index: Int) {
        guard let commit = details.trigger.overtakenBy, !rows.jobs[index].lease.state.isFinal else { return }
        let place = summary.branch ?? summary.ref
        let reason =
            "\(place) had gone on to \(commit.prefix(8)) before this push was told of; run it again to roll it out all the same"
        note("step “\(rows.jobs[index].steps.first ?? "")” is superseded: \(reason)")
        _ = rows.jobs[index].lease.stop(reason, now: heard, as: .superseded)
        release(index)
        advance { $0.cancel(reason: reason) }
    }
}

import Contracts
import PipelineLanguage

extension ActiveRun {
    /// What follows from what happened: first the rows, then the messages, then what is to be looked at.
    enum Change: Sendable, Equatable {
        case summary(RunSummary)
        case stage(StageRecord)
        case step(StepRecord)
        case progress(RunProgress)
        /// The trace has grown.
        case choice(ChoiceView)
        case newJob(Job)
        case job(Job)
        /// A rollout was given to a worker: from now on older ones of its workload are out of date.
        case rollout(workload: String, sequence: Int64)

        /// Wake a worker for the job.
        case offer(Job)
        /// Tell the worker of an attempt to stop.
        case stop(JobCancelled)
        /// The outside world is told that the run has begun to work, or is over.
        case started
        case finished

        /// A deadline may have come nearer.
        case deadline
        /// Heard time is counted by something from now on.
        case limit
        /// Whether the job may go, has to wait or to give way: ``ActiveRun/turn(of:_:)``.
        case awaitTurn(JobID)
        /// A rollout waits to be approved, or for the end of a freeze: older ones that do so give way to it.
        case wait(JobID)
        /// A rollout of the workload waits: one that is stuck is in its way.
        case displaceStuck(String)
        /// Sync is to say where the source is now.
        case source
        /// What waited for the workload may go, once this run is written.
        case release(String)
    }

    /// What becomes of a job that asked for its turn.
    enum Turn: Sendable, Equatable {
        case dispatch
        /// Another job of the workload is under way.
        case hold
        /// A newer one, of the run with this name, was there first.
        case superseded(by: String)
    }

    /// What the run answers with: rows are known by what they were at the last answer; messages and what is to be looked
    /// at are gathered meanwhile.
    struct Answer: Sendable {
        private var rows: Rows
        private var progress: RunProgress
        var messages: [Change] = []
        var next: [Change] = []

        init(_ rows: Rows, _ progress: RunProgress) {
            self.rows = rows
            self.progress = progress
        }

        /// Everything since the last answer.
        mutating func give(_ rows: Rows, _ progress: RunProgress) -> [Change] {
            var changes: [Change] = []
            if rows.summary != self.rows.summary { changes.append(.summary(rows.summary)) }
            for (stage, old) in zip(rows.stages, self.rows.stages) where stage != old { changes.append(.stage(stage)) }
            for (step, old) in zip(rows.steps, self.rows.steps) where step != old { changes.append(.step(step)) }
            if progress != self.progress { changes.append(.progress(progress)) }
            for (job, old) in zip(rows.jobs, self.rows.jobs) where job != old { changes.append(.job(job)) }
            changes += rows.jobs.dropFirst(self.rows.jobs.count).map(Change.newJob)
            changes += messages + next
            self = Answer(rows, progress)
            return changes
        }
    }
}

import Contracts
import PipelineLanguage

/// A source that was there and is away: whoever mirrors it may have been started anew elsewhere, or be gone.
extension ActiveRun {
    /// As which attempt a job is not given to a worker any more that cannot fetch its source: sync says each time that it is
    /// there, so the way to it is broken.
    static let sourceAttempts = 10
    /// After which time it is asked for again.
    static let sourcePatience = Duration.seconds(600)

    /// A job was handed back since its source cannot be fetched: it waits until sync says where that is now.
    mutating func awaitSource(_ index: Int, _ reason: String?) {
        let why = reason ?? "its worker does not reach it"
        guard rows.jobs[index].lease.attempt <= Self.sourceAttempts else {
            let reason =
                "\(why); sync says that it is there: builders have to reach the address of SLIPWAY_MIRROR_URL of sync"
            rows.jobs[index].lease.refuse(reason)
            return end(index, .failure, reason)
        }
        guard rows.jobs[index].workload == nil else {
            // Others wait for their turn behind it.
            requeue(index)
            answer.next.append(.source)
            return
        }
        let key = key(of: rows.jobs[index])
        advance { $0.jobReleased(key) }
        rows.jobs[index].lease.state = .waiting
        waitForSource(index, why)
    }

    private mutating func waitForSource(_ index: Int, _ why: String) {
        rows.jobs[index].waits = "waits for its source, which is fetched again: \(why)"
        // Should neither request nor answer arrive.
        rows.jobs[index].opensAt = now.adding(Self.sourcePatience)
        answer.next += [.source, .deadline]
    }

    /// Sync has said where the source is now: jobs that waited for it go on.
    mutating func sourceFound() -> [Change] {
        for index in rows.jobs.indices where rows.jobs[index].awaitsSource {
            rows.jobs[index].waits = nil
            rows.jobs[index].opensAt = nil
            ready(index)
        }
        return changes()
    }

    /// Sync waits for something itself.
    mutating func sourceDelayed(_ reason: String) -> [Change] {
        for index in rows.jobs.indices where rows.jobs[index].awaitsSource {
            rows.jobs[index].waits = "waits for its source, which is fetched again: \(reason)"
        }
        return changes()
    }

    /// The commit cannot be fetched any more: jobs that waited for it fail.
    mutating func sourceLost(_ reason: String) -> [Change] {
        for index in rows.jobs.indices where rows.jobs[index].awaitsSource {
            let reason = "the source was away, and cannot be fetched again: \(reason)"
            rows.jobs[index].lease.refuse(reason)
            end(index, .failure, reason)
        }
        return changes()
    }

    /// No answer has come: it is asked for once more.
    mutating func askForSourceAgain(_ index: Int) {
        waitForSource(index, "no sync has answered yet")
    }
}

extension Job {
    /// Whether it waits until sync has said where its source is. Rollouts wait for people and freezes.
    var awaitsSource: Bool { kind == .build && lease.state == .waiting }
}

import Contracts
import PipelineLanguage

/// Jobs that workers give back, and what they wait for then: a source that was there and is away, since whoever mirrors it
/// may have been started anew elsewhere, or be gone; a registry that cannot be reached.
extension ActiveRun {
    /// As which attempt a job is not given to a worker any more that cannot fetch its source: sync says each time that it is
    /// there, so the way to it is broken.
    static let sourceAttempts = 10
    /// After which time it is asked for again.
    static let sourcePatience = Duration.seconds(600)
    /// As which attempt a job is not given to a worker any more that cannot reach a registry: its name may be wrong.
    static let registryAttempts = 8
    /// How long a registry is left alone, the first time and at most.
    static let registryPause = (first: Duration.seconds(5), longest: Duration.seconds(120))

    /// A worker gave a job back: another attempt does it.
    mutating func handedBack(_ index: Int, _ handBack: JobFinished.HandBack?, _ reason: String?) {
        let job = rows.jobs[index]
        note("“\(job.steps.joined(separator: "”, “"))” as attempt \(job.lease.attempt): \(job.lease.reason ?? "")")
        switch (handBack, job.kind) {
        case (.source, .build): awaitSource(index, reason)
        case (.registry, .build): awaitRegistry(index, reason)
        case (.source, .rollout), (.registry, .rollout), (.worker, _), (.shutdown, _), (nil, _): requeue(index)
        }
    }

    /// Its source cannot be fetched: it waits until sync says where that is now.
    private mutating func awaitSource(_ index: Int, _ reason: String?) {
        let why = reason ?? "its worker does not reach it"
        guard rows.jobs[index].lease.attempt <= Self.sourceAttempts else {
            return giveUp(
                index,
                "\(why); sync says that it is there: builders have to reach the address of SLIPWAY_MIRROR_URL of sync")
        }
        suspend(index, for: .source)
        waitForSource(index, why)
    }

    /// A registry cannot be reached: it waits for a while, each time for twice as long.
    private mutating func awaitRegistry(_ index: Int, _ reason: String?) {
        let why = reason ?? "its worker does not reach it"
        let attempt = rows.jobs[index].lease.attempt
        guard attempt <= Self.registryAttempts else {
            return giveUp(index, "\(why); it was tried \(attempt - 1) times")
        }
        suspend(index, for: .registry)
        rows.jobs[index].waits = "waits for a registry, which cannot be reached: \(why)"
        let pause = min(Self.registryPause.first * (1 << max(0, attempt - 2)), Self.registryPause.longest)
        rows.jobs[index].opensAt = now.adding(pause)
        answer.next.append(.deadline)
    }

    private mutating func giveUp(_ index: Int, _ reason: String) {
        rows.jobs[index].lease.refuse(reason)
        end(index, .failure, reason)
    }

    /// No worker has it, and others of its workload go first.
    private mutating func suspend(_ index: Int, for awaited: Job.Awaited) {
        let key = key(of: rows.jobs[index])
        advance { $0.jobReleased(key) }
        // Where the run is being stopped it is over.
        guard !rows.jobs[index].lease.state.isFinal else { return }
        rows.jobs[index].lease.state = .waiting
        rows.jobs[index].awaits = awaited
        release(index)
    }

    /// What it waited for is there, or may be.
    private mutating func goOn(_ index: Int) {
        rows.jobs[index].awaits = nil
        rows.jobs[index].waits = nil
        rows.jobs[index].opensAt = nil
        ready(index)
    }

    /// What a job waits for that was handed back may have changed, or its time is over.
    mutating func reconsider(_ index: Int, awaiting awaited: Job.Awaited) {
        switch awaited {
        case .source: waitForSource(index, "no sync has answered yet")
        case .registry: goOn(index)
        }
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
            goOn(index)
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
            giveUp(index, "the source was away, and cannot be fetched again: \(reason)")
        }
        return changes()
    }
}

extension Job {
    /// Whether it waits until sync has said where its source is.
    var awaitsSource: Bool { awaits == .source && lease.state == .waiting }
}

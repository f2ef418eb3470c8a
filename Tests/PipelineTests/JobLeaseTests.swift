import Contracts
import Testing

@testable import Pipeline

@Suite struct JobLeaseTests {
    let now = HeardTime(milliseconds: 1_000_000)
    let lease = Duration.seconds(30)

    private func claim(_ value: inout JobLease, _ attempt: Int, _ worker: String, at: HeardTime? = nil)
        -> JobLease.Claim
    {
        value.claim(attempt: attempt, worker: worker, now: at ?? now, length: lease, timeLimit: .seconds(600))
    }

    /// `#expect` takes its operands apart and cannot call what mutates.
    private func same<Value: Equatable>(
        _ found: Value, _ wanted: Value, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(found == wanted, sourceLocation: sourceLocation)
    }

    @Test func `A queued job is granted once`() {
        var job = JobLease()
        same(claim(&job, 1, "a"), .granted)
        #expect(job.until == now.adding(lease))
        guard case .refused(.taken, _) = claim(&job, 1, "b") else {
            Issue.record("a second worker was given the job")
            return
        }
    }

    @Test(arguments: [
        (JobLease.State.finished, JobClaimReply.Refusal.Code.finished), (.cancelled, .cancelled),
        (.superseded, .superseded), (.held, .taken),
    ])
    func `A job that is not queued is refused with the reason`(
        state: JobLease.State, code: JobClaimReply.Refusal.Code
    ) {
        var job = JobLease()
        job.state = state
        guard case .refused(let found, _) = claim(&job, 1, "a") else {
            Issue.record("granted in state \(state)")
            return
        }
        #expect(found == code)
    }

    @Test func `Claims of other attempts are refused`() {
        var job = JobLease()
        job.attempt = 3
        guard case .refused(.newerAttempt, _) = claim(&job, 2, "a"), case .refused(.unknown, _) = claim(&job, 4, "a")
        else {
            Issue.record("an attempt that is not the job's was granted")
            return
        }
        same(claim(&job, 3, "a"), .granted)
    }

    @Test func `A worker that asks again before it was heard of gets a new attempt`() {
        var job = JobLease()
        same(claim(&job, 1, "a"), .granted)
        same(claim(&job, 1, "a"), .requeued)
        #expect(job.state == .queued)
        #expect(job.attempt == 2)
    }

    @Test func `A worker that has begun and asks again has it already`() {
        var job = JobLease()
        same(claim(&job, 1, "a"), .granted)
        let renewed = job.renew(attempt: 1, until: now.adding(lease))
        #expect(renewed)
        guard case .refused(.taken, _) = claim(&job, 1, "a") else {
            Issue.record("a running job was given away")
            return
        }
    }

    @Test func `A silent worker loses the job, and what it says afterwards does not count`() {
        var job = JobLease()
        same(claim(&job, 1, "a"), .granted)
        same(job.expire(now: now.adding(.seconds(29))), .notYet)
        let renewed = job.renew(attempt: 1, until: now.adding(.seconds(20)).adding(lease))
        #expect(renewed)
        same(job.expire(now: now.adding(.seconds(40))), .notYet)
        same(job.expire(now: now.adding(.seconds(50))), .requeued)
        #expect(job.attempt == 2)
        let late = job.renew(attempt: 1, until: now.adding(lease))
        #expect(!late)
        let ended = job.finish(attempt: 1, reason: nil)
        #expect(!ended)
        same(claim(&job, 2, "b"), .granted)
        let endedByOther = job.finish(attempt: 2, reason: nil)
        #expect(endedByOther)
        #expect(job.state == .finished)
    }

    @Test func `A job that loses every worker is given up`() {
        var job = JobLease()
        for attempt in 1..<JobLease.maximumLosses {
            same(claim(&job, attempt, "a"), .granted)
            same(job.expire(now: now.adding(.seconds(31))), .requeued)
        }
        same(claim(&job, JobLease.maximumLosses, "a"), .granted)
        guard case .failed(let reason) = job.expire(now: now.adding(.seconds(31))) else {
            Issue.record("the job goes on for ever")
            return
        }
        #expect(reason.contains("5 workers"))
        #expect(job.state == .finished)
    }

    /// The bound counts workers that it takes at once; one that runs for days may meet any number of restarts.
    @Test func `A sign of life makes the losses before it no matter, up to a number of attempts`() {
        var job = JobLease()
        for attempt in 1..<JobLease.maximumAttempts {
            same(claim(&job, attempt, "a"), .granted)
            let renewed = job.renew(attempt: attempt, until: now.adding(lease))
            #expect(renewed)
            same(job.workerEnded(), .requeued)
            #expect(job.losses == 1)
        }
        same(claim(&job, JobLease.maximumAttempts, "a"), .granted)
        guard case .failed(let reason) = job.workerEnded() else {
            Issue.record("the job goes on for ever")
            return
        }
        #expect(reason.hasPrefix("it was given out 25 times and its worker was lost, the last was a;"))
    }

    @Test func `A worker whose life has ended gives its job back at once, or ends one that was being stopped`() {
        var job = JobLease()
        same(job.workerEnded(), .notYet)
        same(claim(&job, 1, "a"), .granted)
        same(job.workerEnded(), .requeued)
        #expect(job.state == .queued && job.attempt == 2)
        same(claim(&job, 2, "a"), .granted)
        same(job.stop("enough", now: now), .tellWorker)
        same(job.workerEnded(), .stopped("enough"))
        #expect(job.state == .cancelled)
    }

    @Test func `Handing a job back is no loss`() {
        var job = JobLease()
        for attempt in 1...20 {
            same(claim(&job, attempt, "a"), .granted)
            #expect(job.reason == nil)
            same(job.release(attempt: attempt, reason: "the disk is full"), .requeued)
            #expect(job.reason == "a gave it back: the disk is full")
        }
        #expect(job.losses == 0)
        #expect(job.attempt == 21)
        same(job.release(attempt: 20), .notYet)
    }

    @Test func `A job that nobody can do is given up`() {
        var job = JobLease()
        for attempt in 1..<JobLease.maximumAttempts {
            same(claim(&job, attempt, "a"), .granted)
            same(job.release(attempt: attempt), .requeued)
        }
        same(claim(&job, JobLease.maximumAttempts, "b"), .granted)
        same(
            job.release(attempt: JobLease.maximumAttempts, reason: "the disk is full"),
            .failed("it was given out 25 times and never done; b gave it back: the disk is full"))
        #expect(job.state == .finished)
    }

    @Test func `A job that outlasts its time limit is ended although its worker lives`() {
        var job = JobLease()
        same(claim(&job, 1, "a"), .granted)
        let end = now.adding(.seconds(660))
        let renewed = job.renew(attempt: 1, until: end.adding(lease))
        #expect(renewed)
        guard case .failed = job.expire(now: end) else {
            Issue.record("the time limit does not hold")
            return
        }
    }

    @Test func `A queued job is cancelled at once, a running one when its worker says so`() {
        var queued = JobLease()
        same(queued.stop("enough", now: now), .ended)
        #expect(queued.state == .cancelled)

        var running = JobLease()
        same(claim(&running, 1, "a"), .granted)
        same(running.stop("enough", now: now), .tellWorker)
        #expect(running.state == .leased)
        let ended = running.finish(attempt: 1, reason: "enough")
        #expect(ended)
        same(running.stop("again", now: now), .nothing)
    }

    @Test func `A worker that is lost while it stops a job does not bring it back`() {
        var job = JobLease()
        same(claim(&job, 1, "a"), .granted)
        same(job.stop("enough", now: now), .tellWorker)
        same(job.expire(now: now.adding(.seconds(31))), .stopped("enough"))
        #expect(job.state == .cancelled)
    }

    @Test func `A worker that lives but never stops a job is given up after the grace`() {
        var job = JobLease()
        same(claim(&job, 1, "a"), .granted)
        same(job.stop("enough", now: now), .tellWorker)
        let later = now.adding(JobLease.grace)
        let renewed = job.renew(attempt: 1, until: later.adding(lease))
        #expect(renewed)
        same(job.expire(now: later), .stopped("enough"))
    }
}

import Contracts
import Testing

@testable import Pipeline

@Suite struct RolloutQueueTests {
    private func rollout(_ job: String, run: String, _ sequence: Int64, _ state: JobLease.State) -> RolloutQueue.Rollout
    {
        .init(job: JobID(rawValue: job), run: RunID(rawValue: run), sequence: sequence, state: state)
    }

    private func begun(
        _ run: String, _ sequence: Int64, of repository: String = ""
    ) -> [RepositoryPath: RolloutQueue.Begun] {
        [RepositoryPath(rawValue: repository): .init(sequence: sequence, run: RunID(rawValue: run))]
    }

    @Test func `The first one goes`() {
        let (verdict, superseded) = RolloutQueue(rollouts: []).admit(rollout("a", run: "1", 1, .queued))
        #expect(verdict == .dispatch)
        #expect(superseded.isEmpty)
    }

    @Test func `A newer one waits for the one under way and takes the place of those that wait`() {
        let queue = RolloutQueue(rollouts: [rollout("a", run: "1", 1, .leased), rollout("b", run: "2", 2, .held)])
        let (verdict, superseded) = queue.admit(rollout("c", run: "3", 3, .queued))
        #expect(verdict == .hold)
        #expect(superseded == [JobID(rawValue: "b")])
    }

    @Test func `A queued older one that no worker has gives way at once`() {
        let queue = RolloutQueue(rollouts: [rollout("a", run: "1", 1, .queued)])
        let (verdict, superseded) = queue.admit(rollout("b", run: "2", 2, .queued))
        #expect(verdict == .dispatch)
        #expect(superseded == [JobID(rawValue: "a")])
    }

    @Test func `One whose build took longer than that of a newer run is out of date`() {
        let waiting = RolloutQueue(rollouts: [rollout("b", run: "2", 2, .leased)])
        #expect(waiting.admit(rollout("a", run: "1", 1, .queued)).verdict == .superseded(by: RunID(rawValue: "2")))
        let done = RolloutQueue(rollouts: [], newest: begun("2", 2))
        #expect(done.admit(rollout("a", run: "1", 1, .queued)).verdict == .superseded(by: RunID(rawValue: "2")))
    }

    @Test func `The same rollout after its worker was lost goes again`() {
        let queue = RolloutQueue(
            rollouts: [rollout("a", run: "1", 1, .queued)], newest: begun("1", 1))
        #expect(queue.admit(rollout("a", run: "1", 1, .queued)).verdict == .dispatch)
    }

    @Test func `Two rollouts of one run go one after another`() {
        let queue = RolloutQueue(rollouts: [rollout("a", run: "1", 1, .queued)])
        let (verdict, superseded) = queue.admit(rollout("b", run: "1", 2, .queued))
        #expect(verdict == .hold)
        #expect(superseded.isEmpty)
        #expect(RolloutQueue(rollouts: [rollout("b", run: "1", 2, .held)]).next() == JobID(rawValue: "b"))
    }

    @Test func `Of those that wait the newest is left, unless an older one is approved and it is not`() {
        func waiting(_ job: String, run: String, _ sequence: Int64, approved: Bool = false, _ place: String = "live")
            -> RolloutQueue.Rollout
        {
            var rollout = rollout(job, run: run, sequence, .waiting)
            rollout.needsApproval = !approved
            rollout.environment = place
            return rollout
        }
        let (a, b) = (waiting("a", run: "1", 1), waiting("b", run: "2", 2))
        func outcome(_ queue: [RolloutQueue.Rollout], _ one: RolloutQueue.Rollout) -> [String?] {
            let (winner, superseded) = RolloutQueue(rollouts: queue).wait(one)
            return [winner?.rawValue] + superseded.map(\.rawValue)
        }
        #expect(outcome([a, b], b) == [nil, "a"])
        // Its build took longer than that of the newer one.
        #expect(outcome([a, b], a) == ["2"])
        let approved = waiting("a", run: "1", 1, approved: true)
        #expect(outcome([approved, b], b) == [nil])
        #expect(outcome([approved, b], approved) == [nil])
        #expect(outcome([approved, b], waiting("b", run: "2", 2, approved: true)) == [nil, "a"])
        // To another environment other people approve it, and two of one run go one after another.
        #expect(outcome([waiting("a", run: "1", 1, "staging"), b], b) == [nil])
        #expect(outcome([a, waiting("b", run: "1", 2)], waiting("b", run: "1", 2)) == [nil])
        // What no worker has yet, or has, does not give way to what may never go; nor does it wait in vain for that.
        for state in [JobLease.State.held, .queued, .leased] {
            #expect(outcome([rollout("a", run: "1", 1, state), b], b) == [nil])
            #expect(outcome([a, rollout("b", run: "2", 2, state)], a) == ["2"])
        }
        let done = RolloutQueue(rollouts: [a], newest: begun("2", 2))
        #expect(done.wait(a).winner == RunID(rawValue: "2"))
    }

    /// Whose the workload is shows at the deployer: until then nobody ends another's by naming it.
    @Test func `A rollout of another repository takes turns, and ends none`() {
        func other(_ one: RolloutQueue.Rollout) -> RolloutQueue.Rollout {
            var one = one
            one.repository = RepositoryPath(rawValue: "shop/b")
            return one
        }
        for state in [JobLease.State.waiting, .held, .queued] {
            let own = rollout("a", run: "1", 1, state)
            let theirs = other(rollout("b", run: "2", 2, state))
            let queue = RolloutQueue(rollouts: [own, theirs])
            #expect(queue.admit(theirs).superseded.isEmpty && queue.wait(theirs).superseded.isEmpty)
            #expect(queue.admit(own).superseded.isEmpty && queue.wait(own).winner == nil)
            #expect(queue.admit(own).verdict == (state == .queued ? .hold : .dispatch))
        }
        var done = RolloutQueue(rollouts: [], newest: begun("2", 2, of: "shop/b"))
        #expect(done.admit(rollout("a", run: "1", 1, .held)).verdict == .dispatch)
        #expect(done.wait(rollout("a", run: "1", 1, .waiting)).winner == nil)
        // Nor does it make what is older of their own good again.
        var own = rollout("a", run: "1", 1, .held)
        own.repository = RepositoryPath(rawValue: "shop/a")
        done.newest.merge(begun("1b", 2, of: "shop/a")) { $1 }
        #expect(done.admit(own).verdict == .superseded(by: RunID(rawValue: "1b")))
        var stuck = rollout("a", run: "1", 1, .leased)
        stuck.isStuck = true
        #expect(RolloutQueue(rollouts: [stuck, other(rollout("b", run: "2", 2, .held))]).displaced().isEmpty)
    }

    @Test func `Nobody's turn comes while one is under way`() {
        let queue = RolloutQueue(rollouts: [rollout("a", run: "1", 1, .leased), rollout("b", run: "2", 2, .held)])
        #expect(queue.next() == nil)
    }

    @Test func `One that is stuck makes room for a newer one that waits`() {
        var stuck = rollout("a", run: "1", 1, .leased)
        stuck.isStuck = true
        let waiting = [rollout("b", run: "2", 2, .held), rollout("c", run: "3", 3, .held)]
        let displaced = RolloutQueue(rollouts: [stuck] + waiting).displaced()
        #expect(displaced.map(\.job) == [JobID(rawValue: "a")])
        #expect(displaced.map(\.by) == [RunID(rawValue: "3")])
        // One that gets on, one that has nobody waiting, and one whose own run waits go on.
        #expect(RolloutQueue(rollouts: [rollout("a", run: "1", 1, .leased)] + waiting).displaced().isEmpty)
        #expect(RolloutQueue(rollouts: [stuck]).displaced().isEmpty)
        #expect(RolloutQueue(rollouts: [stuck, rollout("b", run: "1", 2, .held)]).displaced().isEmpty)
    }

    @Test func `Sequences grow with the run, then with the step`() {
        #expect(RolloutQueue.sequence(serial: 1, step: 9) < RolloutQueue.sequence(serial: 2, step: 1))
        #expect(RolloutQueue.sequence(serial: 2, step: 1) < RolloutQueue.sequence(serial: 2, step: 2))
    }
}

import Contracts
import SystemPackage
import Testing

@testable import Worker

@Suite struct WorkerHealthTests {
    private let start = ContinuousClock.now

    private func at(_ seconds: Int) -> ContinuousClock.Instant { start.advanced(by: .seconds(seconds)) }

    @Test func `A worker that met a fault of its own pauses, each time for twice as long`() {
        let health = WorkerHealth()
        #expect(health.mayTake(0, at: start) && health.problem(at: start) == nil)
        var now = 0
        for pause in [5, 10, 20, 40, 80, 160, 300, 300] {
            health.ended("the disk is full", at: at(now))
            #expect(health.problem(at: at(now)) == "pauses for \(pause) s after: the disk is full")
            #expect(!health.mayTake(0, at: at(now + pause - 1)))
            #expect(health.mayTake(0, at: at(now + pause)))
            #expect(health.problem(at: at(now + pause)) == "tries with one job after: the disk is full")
            now += pause
        }
        health.ended(nil, at: at(now))
        #expect(health.problem(at: at(now)) == nil && health.mayTake(1, at: at(now)))
        health.ended("again", at: at(now))
        #expect(health.problem(at: at(now)) == "pauses for 5 s after: again")
    }

    @Test func `One slot tries for all, and those that were at work meanwhile prolong nothing`() {
        let health = WorkerHealth()
        health.ended("the disk is full", at: start)
        health.ended("the disk is full", at: at(1))
        #expect(!health.mayTake(0, at: at(4)) && health.mayTake(0, at: at(5)))
        #expect(!health.mayTake(1, at: at(5)) && health.mayTake(0, at: at(6)))
        // There was nothing to do for the first.
        health.tookNothing(1)
        #expect(!health.mayTake(1, at: at(6)))
        health.tookNothing(0)
        #expect(health.mayTake(1, at: at(6)) && !health.mayTake(0, at: at(6)))
        health.ended(nil, at: at(7))
        #expect(health.mayTake(0, at: at(7)) && health.mayTake(1, at: at(7)))
    }

    @Test func `While it is not ready it takes nothing`() {
        let health = WorkerHealth()
        health.isReady(false)
        #expect(!health.mayTake(0))
        health.isReady(true)
        #expect(health.mayTake(0))
    }

    @Test(arguments: [
        (Errno.noSpace, true), (.diskQuotaExceeded, true), (.tooManyOpenFiles, true), (.noSuchFileOrDirectory, false),
        (.permissionDenied, false),
    ])
    func `What the machine is short of is the worker's own trouble`(error: Errno, isWorkers: Bool) {
        let failure = JobFailure("the folder cannot be made: \(error)", of: error)
        #expect(failure.handBack == (isWorkers ? .worker : nil))
        #expect(JobFailure("x", of: CancellationError()).handBack == nil)
    }
}

import Contracts
import Synchronization
import Testing

@testable import Worker

@Suite struct JobRegistryTests {
    final class Heard: Sendable {
        private let stops = Mutex<[JobStop]>([])
        var stopped: [JobStop] { stops.withLock { $0 } }
        var all: [String] { stopped.map(\.reason) }
        func hear(_ stop: JobStop) { stops.withLock { $0.append(stop) } }
    }

    private let job = JobID(rawValue: "j1")

    private func enter(_ registry: JobRegistry, _ job: JobID, _ attempt: Int, _ heard: Heard) -> Bool {
        registry.enter(job, attempt: attempt) { heard.hear($0) }
    }

    private func cancelled(_ job: JobID, _ attempt: Int, _ reason: String) -> JobCancelled {
        JobCancelled(job: job, run: RunID(rawValue: "r1"), attempt: attempt, reason: reason)
    }

    @Test func aCancellationFindsItsJob() {
        let registry = JobRegistry()
        let heard = Heard()
        #expect(enter(registry, job, 1, heard))
        registry.cancel(cancelled(JobID(rawValue: "other"), 1, "not this"))
        registry.cancel(cancelled(job, 1, "by ada"))
        #expect(heard.all == ["by ada"])
    }

    @Test func whoGoesOnIsHeard() {
        let registry = JobRegistry()
        let heard = Heard()
        #expect(enter(registry, job, 1, heard))
        var message = cancelled(job, 1, "lost")
        for (isFinal, winner) in [(nil, nil), (false, nil), (true, nil), (true, "shop/web#4")] as [(Bool?, String?)] {
            (message.isFinal, message.winner) = (isFinal, winner)
            registry.cancel(message)
        }
        #expect(heard.stopped.map(\.successor) == [.attempt, .attempt, .nobody, .rollout(of: "shop/web#4")])
    }

    @Test func anEarlyCancellationIsRemembered() {
        let registry = JobRegistry()
        let heard = Heard()
        registry.cancel(cancelled(job, 2, "by ada"))
        #expect(enter(registry, job, 2, heard))
        #expect(heard.all == ["by ada"])
    }

    @Test func aCancellationOfAnOlderAttemptStopsNothing() {
        let registry = JobRegistry()
        let heard = Heard()
        registry.cancel(cancelled(job, 1, "old"))
        #expect(enter(registry, job, 2, heard))
        registry.cancel(cancelled(job, 1, "old again"))
        #expect(heard.all == [])
    }

    @Test func theSameAttemptDoesNotRunTwiceAndANewerOneStopsTheOlder() {
        let registry = JobRegistry()
        let first = Heard()
        #expect(enter(registry, job, 1, first))
        #expect(!enter(registry, job, 1, first))
        #expect(enter(registry, job, 2, Heard()))
        #expect(first.stopped.map(\.successor) == [.attempt])
        registry.leave(job, attempt: 1)
        #expect(registry.count == 1)
        registry.leave(job, attempt: 2)
        #expect(registry.count == 0)
    }

    @Test func onlySoManyEarlyOnesAreKept() {
        let registry = JobRegistry()
        let heard = Heard()
        for number in 0..<2000 { registry.cancel(cancelled(JobID(rawValue: "j\(number)"), 1, "flood")) }
        #expect(enter(registry, JobID(rawValue: "j0"), 1, heard))
        #expect(heard.all == [])
        #expect(enter(registry, JobID(rawValue: "j1999"), 1, heard))
        #expect(heard.all == ["flood"])
    }
}

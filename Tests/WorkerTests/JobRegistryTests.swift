import Contracts
import Synchronization
import Testing

@testable import Worker

@Suite struct JobRegistryTests {
    final class Heard: Sendable {
        private let texts = Mutex<[String]>([])
        var all: [String] { texts.withLock { $0 } }
        var hear: @Sendable (String) -> Void { { text in self.texts.withLock { $0.append(text) } } }
    }

    private let job = JobID(rawValue: "j1")

    private func cancelled(_ job: JobID, _ attempt: Int, _ reason: String) -> JobCancelled {
        JobCancelled(job: job, run: RunID(rawValue: "r1"), attempt: attempt, reason: reason)
    }

    @Test func aCancellationFindsItsJob() {
        let registry = JobRegistry()
        let heard = Heard()
        #expect(registry.enter(job, attempt: 1, cancel: heard.hear))
        registry.cancel(cancelled(JobID(rawValue: "other"), 1, "not this"))
        registry.cancel(cancelled(job, 1, "by ada"))
        #expect(heard.all == ["by ada"])
    }

    @Test func anEarlyCancellationIsRemembered() {
        let registry = JobRegistry()
        let heard = Heard()
        registry.cancel(cancelled(job, 2, "by ada"))
        #expect(registry.enter(job, attempt: 2, cancel: heard.hear))
        #expect(heard.all == ["by ada"])
    }

    @Test func aCancellationOfAnOlderAttemptStopsNothing() {
        let registry = JobRegistry()
        let heard = Heard()
        registry.cancel(cancelled(job, 1, "old"))
        #expect(registry.enter(job, attempt: 2, cancel: heard.hear))
        registry.cancel(cancelled(job, 1, "old again"))
        #expect(heard.all == [])
    }

    @Test func theSameAttemptDoesNotRunTwiceAndANewerOneStopsTheOlder() {
        let registry = JobRegistry()
        let first = Heard()
        #expect(registry.enter(job, attempt: 1, cancel: first.hear))
        #expect(registry.isRunning(job, attempt: 1))
        #expect(!registry.enter(job, attempt: 1, cancel: first.hear))
        #expect(registry.enter(job, attempt: 2, cancel: { _ in }))
        #expect(first.all.count == 1)
        registry.leave(job, attempt: 1)
        #expect(registry.isRunning(job, attempt: 2))
        registry.leave(job, attempt: 2)
        #expect(registry.count == 0)
    }

    @Test func onlySoManyEarlyOnesAreKept() {
        let registry = JobRegistry()
        let heard = Heard()
        for number in 0..<2000 { registry.cancel(cancelled(JobID(rawValue: "j\(number)"), 1, "flood")) }
        #expect(registry.enter(JobID(rawValue: "j0"), attempt: 1, cancel: heard.hear))
        #expect(heard.all == [])
        #expect(registry.enter(JobID(rawValue: "j1999"), attempt: 1, cancel: heard.hear))
        #expect(heard.all == ["flood"])
    }
}

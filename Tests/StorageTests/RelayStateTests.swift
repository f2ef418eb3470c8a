import Testing

@testable import Storage

@Suite struct RelayStateTests {
    let now = ContinuousClock.now

    private func loaded(_ entries: [RelayState.Entry], window: Int = 2) -> RelayState {
        var state = RelayState(window: window)
        let first = state.next(now: now)
        #expect(first == .load(after: 0, limit: 2 * window))
        state.loaded(entries, limit: 2 * window)
        return state
    }

    @Test func `What is left from before is read at the start, and nothing polls after it`() {
        var state = loaded([])
        #expect(state.next(now: now) == .wait(until: nil))
        state.committed()
        #expect(state.next(now: now) == .load(after: 0, limit: 4))
        state.loaded([.init(sequence: 7, key: nil)], limit: 4)
        #expect(state.next(now: now) == .publish(7))
        #expect(state.next(now: now) == .wait(until: nil))
        state.published(7)
        #expect(state.backlog == 0)
        state.committed()
        #expect(state.next(now: now) == .load(after: 7, limit: 4))
    }

    @Test func `No more than the window is outstanding`() {
        var state = loaded([1, 2, 3].map { .init(sequence: $0, key: nil) })
        #expect(state.next(now: now) == .publish(1))
        #expect(state.next(now: now) == .publish(2))
        #expect(state.next(now: now) == .wait(until: nil))
        state.published(1)
        #expect(state.next(now: now) == .publish(3))
    }

    @Test func `Messages of one key go one after another, others beside them`() {
        var state = loaded(
            [.init(sequence: 1, key: "a"), .init(sequence: 2, key: "a"), .init(sequence: 3, key: "b")], window: 3)
        #expect(state.next(now: now) == .publish(1))
        #expect(state.next(now: now) == .publish(3))
        #expect(state.next(now: now) == .wait(until: nil))
        state.published(1)
        #expect(state.next(now: now) == .publish(2))
    }

    @Test func `A failed message goes again after its delay, before later ones of its key`() throws {
        var state = loaded([.init(sequence: 1, key: "a"), .init(sequence: 2, key: "a")])
        #expect(state.next(now: now) == .publish(1))
        let delayed = state.failed(1, now: now, jitter: 1)
        let again = try #require(delayed)
        #expect(again == now.advanced(by: .milliseconds(200)))
        #expect(state.next(now: now) == .wait(until: again))
        #expect(state.next(now: again) == .publish(1))
        state.published(1)
        #expect(state.next(now: again) == .publish(2))
    }

    @Test func `A full page means there may be more`() {
        var state = loaded((1...4).map { .init(sequence: $0, key: nil) })
        #expect(state.next(now: now) == .publish(1))
        #expect(state.next(now: now) == .publish(2))
        #expect(state.next(now: now) == .load(after: 4, limit: 4))
    }

    @Test func `Stopping waits for what is under way and takes nothing new`() {
        var state = loaded([1, 2, 3].map { .init(sequence: $0, key: nil) }, window: 1)
        #expect(state.next(now: now) == .publish(1))
        state.stop()
        #expect(state.next(now: now) == .wait(until: nil))
        state.published(1)
        #expect(state.next(now: now) == .finished)
    }

    @Test(arguments: [(1, 0.2), (2, 0.4), (5, 3.2), (9, 30), (60, 30)])
    func `Delays double up to half a minute`(failures: Int, seconds: Double) {
        #expect(RelayState.delay(failures: failures, jitter: 1) == .milliseconds(Int64(seconds * 1000)))
        #expect(RelayState.delay(failures: failures, jitter: 0) == .milliseconds(Int64(seconds * 500)))
    }
}

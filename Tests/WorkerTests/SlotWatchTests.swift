import Testing

@testable import Worker

@Suite struct SlotWatchTests {
    struct Failure: Error, CustomStringConvertible { var description: String }

    let watch = SlotWatch(worker: "w", patience: .seconds(120))
    let start = ContinuousClock.now

    private func after(_ seconds: Int) -> ContinuousClock.Instant { start.advanced(by: .seconds(seconds)) }

    @Test func whatWaitsLongerThanThePatienceHasStalled() {
        watch.begin("j", "job j waits for its JobFinished to be confirmed", at: start)
        watch.failed("j", Failure(description: "not now"))
        #expect(watch.stalled(at: after(119)).isEmpty)
        #expect(
            watch.stalled(at: after(120)) == [
                "job j waits for its JobFinished to be confirmed for 120 s: not now"
            ])
        watch.end("j")
        #expect(watch.stalled(at: after(500)).isEmpty)
    }

    @Test func aStallIsToldOnce() {
        watch.begin("j", "it waits", at: start)
        #expect(watch.look(at: after(10)).isEmpty)
        #expect(watch.look(at: after(200)) == ["it waits for 200 s"])
        #expect(watch.look(at: after(300)).isEmpty)
        watch.begin("j", "it waits again", at: after(300))
        #expect(watch.look(at: after(420)) == ["it waits again for 120 s"])
    }

    @Test func whatFailsAgainAndAgainHasStalledUntilItFailsNoMore() {
        for second in stride(from: 0, through: 150, by: 10) {
            watch.failed("0", "jobs cannot be taken", Failure(description: "403"), at: after(second))
        }
        #expect(watch.stalled(at: after(151)) == ["jobs cannot be taken for 151 s: 403"])
        #expect(watch.stalled(at: after(220)).isEmpty)
        // After a while without a failure it begins anew.
        watch.failed("0", "jobs cannot be taken", Failure(description: "403"), at: after(1000))
        #expect(watch.stalled(at: after(1030)).isEmpty)
    }
}

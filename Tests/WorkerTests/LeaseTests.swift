import Testing

@testable import Worker

@Suite struct LeaseTests {
    private let start = ContinuousClock.now

    private func at(_ seconds: Int) -> ContinuousClock.Instant { start.advanced(by: .seconds(seconds)) }

    @Test func beatsAtAThirdOfTheLease() {
        var lease = Lease(.seconds(60), claimedAt: start)
        #expect(lease.nextBeat(after: at(0)) == at(20))
        lease.renewed(at: at(20))
        #expect(lease.nextBeat(after: at(21)) == at(40))
        #expect(lease.end == at(80))
    }

    @Test func beatsSoonAgainAfterOneThatFailed() {
        var lease = Lease(.seconds(60), claimedAt: start)
        lease.beatFailed()
        #expect(lease.nextBeat(after: at(20)) == at(21))
        lease.renewed(at: at(21))
        #expect(lease.nextBeat(after: at(21)) == at(41))
    }

    @Test func isLostWhenNothingWasConfirmedForItsLength() {
        var lease = Lease(.seconds(30), claimedAt: start)
        #expect(!lease.isLost(at: at(29)))
        #expect(lease.isLost(at: at(30)))
        lease.renewed(at: at(29))
        #expect(!lease.isLost(at: at(58)))
    }

    /// The platform gives the job to another only after lease and hold, see `LeaseTerms`.
    @Test(arguments: [(30, 120, 135.0), (30, 20, 40), (3, 2, 4), (2, 0, 2)])
    func isKeptAsLongAsThePlatformHoldsIt(lease: Int, hold: Int, end: Double) {
        let lease = Lease(.seconds(lease), hold: .seconds(hold), claimedAt: start)
        #expect(lease.end == start.advanced(by: .seconds(end)))
        #expect(lease.nextBeat(after: start) < lease.end)
    }

    @Test func aBeatIsNeverPutOffBeyondTheEnd() {
        var lease = Lease(.seconds(30), claimedAt: start)
        lease.beatFailed()
        #expect(lease.nextBeat(after: start.advanced(by: .milliseconds(29_500))) == at(30))
    }

    @Test func anOlderConfirmDoesNotShortenIt() {
        var lease = Lease(.seconds(30), claimedAt: start)
        lease.renewed(at: at(20))
        lease.renewed(at: at(10))
        #expect(lease.end == at(50))
    }
}

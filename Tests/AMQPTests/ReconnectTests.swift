import Testing

@testable import AMQP

struct ReconnectTests {
    private let endpoints = ["a", "b", "c"].map { Endpoint(host: $0, port: 5672) }
    private let backoff = Backoff(initial: .seconds(1), maximum: .seconds(30), jitter: 0)

    @Test func allNodesAreTriedAtOnceThenAfterWaitsThatDouble() {
        var reconnect = Reconnect(endpoints: endpoints, backoff: backoff)
        var generator = SystemRandomNumberGenerator()
        for expected in [0, 1, 2, 4, 8, 16, 30, 30] {
            var hosts: Set<Endpoint> = []
            for turn in 0..<3 {
                guard let next = reconnect.next(using: &generator) else {
                    Issue.record("there is a next node")
                    return
                }
                hosts.insert(next.endpoint)
                #expect(next.wait == (turn == 0 ? .seconds(expected) : .zero))
            }
            #expect(hosts == Set(endpoints))
        }
    }

    @Test func connectionThatStoodIsMadeAgainAtOnce() {
        var reconnect = Reconnect(endpoints: endpoints, backoff: backoff)
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<7 { _ = reconnect.next(using: &generator) }
        reconnect.ended(after: Reconnect.stable)
        #expect(reconnect.next(using: &generator)?.wait == .zero)
        reconnect.ended(after: Reconnect.stable)
        #expect(reconnect.next(using: &generator)?.wait == .zero)
    }

    @Test func connectionThatBreaksAtOnceIsNotStormed() {
        var reconnect = Reconnect(endpoints: endpoints, backoff: backoff)
        var generator = SystemRandomNumberGenerator()
        var waits: [Duration?] = []
        for _ in 0..<4 {
            waits.append(reconnect.next(using: &generator)?.wait)
            reconnect.ended(after: .milliseconds(10))
        }
        #expect(waits == [.zero, .seconds(1), .seconds(2), .seconds(4)])
    }

    @Test func jitterOnlyShortens() {
        var delay = BackoffDelay(Backoff(initial: .seconds(10), maximum: .seconds(10), jitter: 0.5))
        var generator = SystemRandomNumberGenerator()
        let waits = (0..<200).map { _ in delay.next(using: &generator) }
        #expect(waits.allSatisfy { $0 >= .seconds(5) && $0 <= .seconds(10) })
        #expect(Set(waits).count > 100)
    }

    @Test func noNodeIsNone() {
        var reconnect = Reconnect(endpoints: [], backoff: backoff)
        var generator = SystemRandomNumberGenerator()
        #expect(reconnect.next(using: &generator) == nil)
    }
}

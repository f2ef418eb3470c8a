import Testing

@testable import WebServer

@Suite struct RequestClockTests {
    private enum Event { case bytes, head, end, answer }

    private func owed(_ events: [Event]) -> RequestClock.Owed {
        var clock = RequestClock()
        for event in events {
            switch event {
            case .bytes: clock.begin()
            case .head: clock.headCame()
            case .end: clock.requestEnded()
            case .answer: clock.answered()
            }
        }
        return clock.owed
    }

    @Test func `What a client owes follows from what it sent and what it was answered`() {
        let whole: [Event] = [.head, .end]
        let table: [([Event], RequestClock.Owed)] = [
            ([], .first), ([.bytes, .bytes], .first), ([.head, .bytes], .body), (whole, .nothing),
            (whole + [.answer], .next), (whole + [.answer, .bytes], .head), (whole + [.answer, .bytes, .bytes], .head),
            (whole + [.answer, .bytes, .head], .body),
            // Another head has begun behind one that is being done.
            (whole + [.bytes], .nothing), (whole + [.bytes, .answer], .head),
            (whole + [.bytes, .answer, .head], .body), (whole + [.bytes] + whole + [.answer, .answer], .next),
            (whole + whole + [.bytes, .answer], .nothing),
            (whole + whole + [.bytes, .answer, .answer], .head),
            // Two at once are answered one after the other.
            (whole + whole + [.answer], .nothing), (whole + whole + [.answer, .answer], .next),
            // A body behind a request that is being done is waited for as any other.
            (whole + [.head], .body), (whole + [.head, .answer], .body), (whole + [.head, .end, .answer], .nothing),
            // An answer before the body's end leaves the body owed, and then nothing is done any more.
            ([.head, .answer], .body), ([.head, .answer, .end], .next), ([.head, .answer, .end, .bytes], .head),
        ]
        for (events, expected) in table { #expect(owed(events) == expected, "\(events)") }
    }
}

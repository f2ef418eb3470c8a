import Testing

@testable import Notifier

@Suite("When a notification goes again")
struct DeliveryPolicyTests {
    @Test(
        "success of any kind is delivered, 410 ends it all",
        arguments: [(200, DeliveryVerdict.delivered), (204, .delivered), (410, .disable)])
    func final(_ status: Int, _ verdict: DeliveryVerdict) {
        #expect(
            DeliveryPolicy.decide(afterAttempt: 1, .answered(status: status, retryAfter: nil), jitter: 0) == verdict)
    }

    @Test("everything else waits, ever longer, at most so often", arguments: [301, 400, 404, 429, 500, 503])
    func retries(_ status: Int) {
        var last = Duration.zero
        for attempt in 1...DeliveryPolicy.delays.count {
            guard
                case .retry(let after) = DeliveryPolicy.decide(
                    afterAttempt: attempt, .answered(status: status, retryAfter: nil), jitter: 0.5)
            else {
                Issue.record("attempt \(attempt) was the last")
                return
            }
            #expect(after > last)
            last = after
        }
        let attempt = DeliveryPolicy.delays.count + 1
        #expect(DeliveryPolicy.decide(afterAttempt: attempt, .failed("away"), jitter: 0.5) == .giveUp)
    }

    @Test("those that failed together do not come back together")
    func jitter() {
        #expect(DeliveryPolicy.decide(afterAttempt: 1, .failed(""), jitter: 0) == .retry(after: .milliseconds(4_500)))
        #expect(DeliveryPolicy.decide(afterAttempt: 1, .failed(""), jitter: 0.5) == .retry(after: .seconds(5)))
    }

    @Test("a redirect is not followed and says where it leads")
    func redirects() {
        let outcome = PostOutcome.redirected(status: 308, place: "https://new.example")
        #expect(DeliveryPolicy.decide(afterAttempt: 1, outcome, jitter: 0.5) == .retry(after: .seconds(5)))
        #expect(outcome.remark?.contains("a redirect to https://new.example;") == true)
        #expect(outcome.status == 308)
    }

    @Test(
        "of where a redirect leads only the host is told: the rest may be a secret, or anything",
        arguments: [
            ("https://New.example:8443/hooks/secret?token=secret#secret", "https://new.example:8443"),
            ("http://user:secret@new.example", "http://new.example"),
            ("https://a@b:c@new.example/", "https://new.example"),
            ("https://[::1]:8080/x", "https://[::1]:8080"), ("HTTPS://new.example\\@x", "https://new.example"),
        ])
    func redirectPlaces(_ location: String, _ place: String) {
        #expect(Outlet.place(ofRedirect: location) == place)
    }

    @Test(
        "where it names no host, none is told",
        arguments: [
            "/hook/", "hook?secret", "", "//new.example/secret", "https://", "javascript://x/secret", "https://a b/c",
            "https://a\u{1B}[31m/", "https://" + String(repeating: "a", count: 300),
        ])
    func redirectNowhere(_ location: String) {
        #expect(Outlet.place(ofRedirect: location) == "another address")
    }

    @Test("only an address that refuses is left alone, for a day at most")
    func pause() {
        func pause(_ status: Int, _ seconds: Int64?) -> Duration {
            DeliveryPolicy.pause(after: .answered(status: status, retryAfter: seconds))
        }
        #expect(pause(429, 60) == .seconds(60))
        #expect(pause(503, .max) == .seconds(86_400))
        for (status, seconds) in [(429, nil), (429, -5), (200, 60)] as [(Int, Int64?)] {
            #expect(pause(status, seconds) == .zero)
        }
        #expect(DeliveryPolicy.pause(after: .failed("away")) == .zero)
    }

    @Test(
        "Retry-After is honoured where it is longer, up to a day",
        arguments: [(60, Int64(60)), (1, 5), (-5, 5), (.max, 86_400)] as [(Int64, Int64)])
    func retryAfter(_ given: Int64, _ seconds: Int64) {
        let outcome = PostOutcome.answered(status: 429, retryAfter: given)
        #expect(DeliveryPolicy.decide(afterAttempt: 1, outcome, jitter: 0.5) == .retry(after: .seconds(seconds)))
    }
}

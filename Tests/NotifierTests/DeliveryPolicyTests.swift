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
        let outcome = PostOutcome.redirected(status: 308, location: "https://new.example/hook")
        #expect(DeliveryPolicy.decide(afterAttempt: 1, outcome, jitter: 0.5) == .retry(after: .seconds(5)))
        #expect(outcome.remark?.contains("https://new.example/hook") == true)
        #expect(outcome.status == 308)
    }

    @Test(
        "Retry-After is honoured where it is longer, up to a day",
        arguments: [(60, Int64(60)), (1, 5), (-5, 5), (.max, 86_400)] as [(Int64, Int64)])
    func retryAfter(_ given: Int64, _ seconds: Int64) {
        let outcome = PostOutcome.answered(status: 429, retryAfter: given)
        #expect(DeliveryPolicy.decide(afterAttempt: 1, outcome, jitter: 0.5) == .retry(after: .seconds(seconds)))
    }
}

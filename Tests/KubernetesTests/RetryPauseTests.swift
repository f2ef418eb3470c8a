import Testing

@testable import Kubernetes

@Suite struct RetryPauseTests {
    @Test func isLongerEachTimeAndAsLongAsTheServerAsks() {
        func error(_ seconds: Int? = nil) -> KubernetesError {
            KubernetesError(.unavailable, "overloaded", retryAfter: seconds.map { .seconds($0) })
        }
        var pause = RetryPause()
        #expect(pause.pause(after: error()) == .milliseconds(250))
        #expect(pause.pause(after: error(2)) == .seconds(2))
        #expect(pause.pause(after: error(0)) == .seconds(1))
        for _ in 1...9 { _ = pause.pause(after: error()) }
        #expect(pause.pause(after: error()) == .seconds(5))
        // A server may not put a rollout off for ever.
        #expect(pause.pause(after: error(1 << 40)) == .seconds(60))
        pause.reset()
        #expect(pause.pause(after: error()) == .milliseconds(250))
    }
}

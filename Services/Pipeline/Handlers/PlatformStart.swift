import Synchronization

/// Since when this process takes what is sent to the platform.
final class PlatformStart: Sendable {
    private let moment = Mutex<ContinuousClock.Instant?>(nil)

    /// Nothing before ``begin()``.
    var uptime: Duration { moment.withLock { $0 }.map { $0.duration(to: .now) } ?? .zero }

    func begin() { moment.withLock { $0 = .now } }
}

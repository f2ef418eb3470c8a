import Synchronization

/// How registries are spoken to, for ten minutes: for those on loopback another server may have the port then.
final class SeenSchemes: Sendable {
    private let seen = Mutex<[String: (scheme: String, until: ContinuousClock.Instant)]>([:])

    func scheme(of registry: String, at now: ContinuousClock.Instant = .now) -> String? {
        seen.withLock { $0[registry].flatMap { now < $0.until ? $0.scheme : nil } }
    }

    func note(_ scheme: String, of registry: String, at now: ContinuousClock.Instant = .now) -> String {
        seen.withLock { $0[registry] = (scheme, now.advanced(by: .seconds(600))) }
        return scheme
    }
}

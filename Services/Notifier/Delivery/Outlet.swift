import Measures
import Metrics
import Storage
import Synchronization

/// A channel with what goes along with telling it.
struct Outlet: Sendable {
    let channel: any Channel
    /// Told when there is something new for it.
    let wake = Signal()
    let metrics: OutletMetrics

    init(_ channel: any Channel) {
        self.channel = channel
        metrics = OutletMetrics(channel.label)
    }

    var endpoint: String { channel.endpoint }
    var label: String { channel.label }

    static func host(of url: String) -> String { origin(of: url)?.host ?? "" }

    /// The scheme and the host of an address, without a user; `nil` where it has none. The rest may hold a secret.
    private static func origin(of url: String) -> (scheme: String, host: String)? {
        guard let colon = url.firstRange(of: "://") else { return nil }
        let authority = url[colon.upperBound...].prefix { !"/?#\\".contains($0) }
        let host = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
        return (url[..<colon.lowerBound].lowercased(), host.lowercased())
    }

    /// What may be said about where a redirect leads: `https://new.example`.
    static func place(ofRedirect location: String) -> String {
        // Only what an address consists of: what is told goes to a log.
        guard let (scheme, host) = origin(of: location), ["http", "https"].contains(scheme), !host.isEmpty,
            host.utf8.count <= 260, host.utf8.allSatisfy({ (33...126).contains($0) })
        else { return "another address" }
        return "\(scheme)://\(host)"
    }
}

/// What waits for one address and what became of the posts to it.
final class OutletMetrics: Sendable {
    private let count = Mutex(0)
    private let gauge: Gauge
    private let label: String

    init(_ label: String) {
        self.label = label
        gauge = Measure.notificationsWaiting.gauge(label)
        gauge.record(0)
    }

    /// How many events it has not been told yet.
    var waiting: Int { count.withLock { $0 } }

    /// - Parameter change: of how many wait: 1 for a new one, less than 0 for those that are over.
    func waiting(by change: Int) {
        gauge.record(
            count.withLock { count in
                count = max(0, count + change)
                return count
            })
    }

    func posted(_ verdict: DeliveryVerdict) {
        let outcome =
            switch verdict {
            case .delivered: "delivered"
            case .retry: "failed"
            case .giveUp: "given_up"
            case .disable: "gone"
            }
        Measure.notificationPosts.counter(label, outcome).increment()
    }
}

import Glibc
import Metrics
import Synchronization

/// The places that connections have. Whoever opens many and keeps them open keeps nobody out: where all are taken, the
/// connection that its client has owed a whole request for longest makes way.
final class ConnectionPlaces: Sendable {
    /// One connection's.
    final class Place: Sendable {
        fileprivate static let busy = UInt64.max
        /// When it began to wait for a request, as a number that grows; ``busy`` while one is being done.
        fileprivate let since = Atomic(busy)
        fileprivate let makeWay: @Sendable () -> Void

        fileprivate init(makeWay: @escaping @Sendable () -> Void) { self.makeWay = makeWay }

        /// Its request is being done.
        func works() { since.store(Self.busy, ordering: .relaxed) }
    }

    let limit: Int
    private let places = Mutex<[ObjectIdentifier: Place]>([:])
    private let moment = Atomic<UInt64>(0)
    private let crowdedOut = Counter(label: "slipway_hook_connections_crowded_out_total")

    init(limit: Int = ConnectionPlaces.allowed) { self.limit = limit }

    /// As many as are of use, and none that the broker or the spool would need a descriptor of.
    static var allowed: Int { min(4096, max(16, sysconf(Int32(_SC_OPEN_MAX)) - 64)) }

    var count: Int { places.withLock { $0.count } }

    /// A connection is there.
    /// - Parameter makeWay: ends it, on whatever thread, unless it has come to be busy.
    func enter(makeWay: @escaping @Sendable () -> Void) -> Place {
        let place = Place(makeWay: makeWay)
        waits(place)
        let last = places.withLock { places in
            defer { places[ObjectIdentifier(place)] = place }
            guard places.count >= limit else { return nil as Place? }
            let last = places.values.min { $0.since.load(ordering: .relaxed) < $1.since.load(ordering: .relaxed) }
            guard let last, last.since.load(ordering: .relaxed) != Place.busy else { return nil }
            // It leaves at once for those who count, and is closed a moment later.
            places[ObjectIdentifier(last)] = nil
            return last
        }
        if let last {
            crowdedOut.increment()
            last.makeWay()
        }
        return place
    }

    /// Its client may send the next request, or the rest of one, from now on.
    func waits(_ place: Place) {
        place.since.store(moment.wrappingAdd(1, ordering: .relaxed).newValue, ordering: .relaxed)
    }

    func leave(_ place: Place) {
        places.withLock { $0[ObjectIdentifier(place)] = nil }
    }
}

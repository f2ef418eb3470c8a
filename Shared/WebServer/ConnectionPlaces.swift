import Glibc
public import Logging
public import Measures
import Metrics
import Runtime
import Synchronization

/// The places that connections have, in all and for each address they come from. Whoever opens many and keeps them open
/// keeps nobody out: where all are taken, the connection that its client has owed a whole request for longest makes way,
/// and of one that has all it may have, one of its own.
public final class ConnectionPlaces: Sendable {
    /// One connection's.
    public final class Place: Sendable {
        fileprivate static let busy = UInt64.max
        /// When it began to wait for a request, as a number that grows; ``busy`` while one is being done.
        fileprivate let since = Atomic(busy)
        fileprivate let source: IPAddress?
        fileprivate let evict: @Sendable () -> Void

        fileprivate init(of source: IPAddress?, evict: @escaping @Sendable () -> Void) {
            self.source = source
            self.evict = evict
        }

        /// Its request is being done.
        public func works() { since.store(Self.busy, ordering: .relaxed) }
    }

    private struct Taken {
        var places: [ObjectIdentifier: Place] = [:]
        var bySource: [IPAddress: Int] = [:]

        mutating func add(_ place: Place) {
            places[ObjectIdentifier(place)] = place
            if let source = place.source { bySource[source, default: 0] += 1 }
        }

        mutating func remove(_ place: Place) {
            guard places.removeValue(forKey: ObjectIdentifier(place)) != nil, let source = place.source else { return }
            let left = bySource[source, default: 0] - 1
            bySource[source] = left > 0 ? left : nil
        }

        /// The one that has waited for longest, of a source or of all; `nil` where all are busy.
        func longestWaiting(of source: IPAddress? = nil) -> Place? {
            let candidates = source == nil ? Array(places.values) : places.values.filter { $0.source == source }
            let last = candidates.min { $0.since.load(ordering: .relaxed) < $1.since.load(ordering: .relaxed) }
            return last.flatMap { $0.since.load(ordering: .relaxed) == Place.busy ? nil : $0 }
        }
    }

    let limit: Int
    /// How many of them one address may have.
    let sourceLimit: Int
    private let taken = Mutex(Taken())
    private let moment = Atomic<UInt64>(0)
    private let evictions: Counter
    private let logger: Logger?
    /// When it was last said that a source has all it may have.
    private let said = Mutex<ContinuousClock.Instant?>(nil)

    /// - Parameters:
    ///   - limit: how many there are; as many as are of use, and none that the service would need a descriptor of.
    ///   - sourceLimit: how many of them one address may have; a quarter if absent.
    ///   - metric: the name of the counter of those that made way.
    ///   - logger: told, at most once a minute, of an address that has all it may have.
    public init(
        limit: Int = ConnectionPlaces.allowed, sourceLimit: Int? = nil,
        metric: Measure = .connectionsCrowdedOut, logger: Logger? = nil
    ) {
        self.limit = limit
        self.sourceLimit = sourceLimit ?? max(1, limit / 4)
        evictions = metric.counter()
        self.logger = logger
    }

    public static var allowed: Int { min(4096, max(16, sysconf(Int32(_SC_OPEN_MAX)) - 64)) }

    public var count: Int { taken.withLock { $0.places.count } }

    /// A connection is there.
    /// - Parameters:
    ///   - source: where it comes from; `nil` for a proxy, which has those of many.
    ///   - evict: ends it, on whatever thread, unless it has come to be busy.
    /// - Returns: its place; `nil` where there is none, since requests of all others are being done.
    public func enter(from source: IPAddress?, evict: @escaping @Sendable () -> Void) -> Place? {
        let address = source
        let source = source?.network
        let place = Place(of: source, evict: evict)
        waits(place)
        let (isIn, last, isSourceFull) = taken.withLock { taken -> (Bool, Place?, Bool) in
            let isSourceFull = source.map { taken.bySource[$0, default: 0] >= sourceLimit } ?? false
            guard isSourceFull || taken.places.count >= limit else {
                taken.add(place)
                return (true, nil, false)
            }
            guard let last = taken.longestWaiting(of: isSourceFull ? source : nil) else {
                return (false, nil, isSourceFull)
            }
            // It leaves at once for those who count, and is closed a moment later.
            taken.remove(last)
            taken.add(place)
            return (true, last, isSourceFull)
        }
        if last != nil || !isIn { evictions.increment() }
        if isSourceFull, let address { warn(of: address) }
        last?.evict()
        return isIn ? place : nil
    }

    private func warn(of address: IPAddress) {
        let isDue = said.withLock { said in
            if let said, .now - said < .seconds(60) { return false }
            said = .now
            return true
        }
        guard isDue else { return }
        logger?.warning(
            """
            an address has all the connections that one may have, and some of its own end for new ones; if it is a \
            proxy, name it in \(CommonSettings.trustedProxies.variable)
            """,
            metadata: ["address": "\(address)", "count": "\(sourceLimit)"])
    }

    /// Its client may send the next request, or the rest of one, from now on.
    public func waits(_ place: Place) {
        place.since.store(moment.wrappingAdd(1, ordering: .relaxed).newValue, ordering: .relaxed)
    }

    public func leave(_ place: Place) {
        taken.withLock { $0.remove(place) }
    }
}

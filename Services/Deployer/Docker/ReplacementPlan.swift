/// State machine that replaces the container of a service on a Docker host by a new one.
///
/// It looks at the containers there are and names the next thing to do, again and again. All that matters is in their names
/// and labels, so that whoever goes on after an interruption at any point, the same rollout or a newer one, comes to a good
/// end. The old container is there until the new one is known to be well: only one that was found to be well ever becomes
/// ``ServiceNames/Place/ready``, and from there current.
struct ReplacementPlan: Sendable {
    /// What two containers cannot both use at the same time.
    enum Resource: Sendable, Hashable {
        /// Of the host, as `8080/tcp`.
        case port(String)
        case hostNetwork
        /// A volume's name or a folder of the host that the container writes to.
        case files(String)

        /// Whether both are the same, or one is a folder in the other.
        func isShared(with other: Resource) -> Bool {
            guard case .files(let own) = self, case .files(let theirs) = other else { return self == other }
            return own == theirs || own.isFolder(around: theirs) || theirs.isFolder(around: own)
        }
    }

    enum Order: String, Sendable {
        case startFirst = "start-first"
        case stopFirst = "stop-first"
    }

    /// What the rollout wants.
    struct Wanted: Sendable, Equatable {
        var job: String
        /// Grows with every rollout.
        var sequence: Int64?
        /// A digest of all the container is made of.
        var fingerprint: String
        var resources: Set<Resource> = []
        /// `nil`: the old one stops first where both use the same resource.
        var order: Order?
    }

    /// A container as far as the plan looks at it.
    struct Found: Sendable, Equatable {
        var id: String
        var place: ServiceNames.Place
        var sequence: Int64?
        /// The rollout that made it, if Slipway did.
        var job: String?
        var isRunning: Bool
        var fingerprint: String?
        var resources: Set<Resource> = []
        /// The id of the old container that stops for it.
        var stops: String?
        /// Whether it is gone as soon as it stops.
        var removesItself = false
    }

    enum Step: Sendable, Equatable {
        /// Makes the new container, not started; with the id of the old one that stops for it.
        case create(stopping: String?)
        case start(String)
        /// Finds out whether the new one is well.
        case check(String)
        /// Finds out whether the one in service, which is just as wanted, is well.
        case confirm(String)
        case stop(String)
        /// Starts the old one again.
        case startOld(String)
        case rename(String, to: ServiceNames.Place)
        /// Waits until nobody asks the old one any more, stops and removes it.
        case retire(String)
        /// Shows what a new one that is not well wrote, and removes it.
        case discard(String)
        case done(String, isUnchanged: Bool)
        case refuse(Refusal)
        /// After a failure: all is as it was, as far as that is possible.
        case gaveUp(restored: Bool)
    }

    enum Refusal: Sendable, Equatable {
        /// A rollout with this number has taken over.
        case newer(Int64)
        /// Somebody else put this container into the service's place.
        case replaced(by: String)
        /// Somebody else removed the new container.
        case removed
        /// The old one would have to stop first, and would not be there to come back.
        case wouldBeGone(String)
    }

    let service: String
    var wanted: Wanted
    private var created: String?
    private var started: Set<String> = []
    private var well: Set<String> = []
    private var ill: Set<String> = []
    private var cannotRun: Set<String> = []
    private var cannotGo: Set<String> = []
    private var givesUp = false
    /// Whether a newer rollout is at work, which puts the rest in order itself.
    private var isSuperseded = false
    private var old: Old?

    /// The container in service when this began.
    private struct Old {
        var id: String?
        /// Whether it ran, or would run if nobody had stopped it for a new one.
        var ran: Bool
    }

    init(service: String, wanted: Wanted) {
        self.service = service
        self.wanted = wanted
    }

    var hadOne: Bool { old?.id != nil }

    /// What came of a step, as far as the containers do not tell.
    enum Event: Sendable, Equatable {
        case created(String)
        case started(String)
        case well(String)
        case ill(String)
        /// An old one that cannot be started again.
        case cannotRun(String)
        /// An old one that cannot be removed: it stays.
        case cannotGo(String)
    }

    mutating func took(_ event: Event) {
        switch event {
        case .created(let id): created = id
        case .started(let id): started.insert(id)
        case .well(let id): well.insert(id)
        case .ill(let id): ill.insert(id)
        case .cannotRun(let id): cannotRun.insert(id)
        case .cannotGo(let id): cannotGo.insert(id)
        }
    }

    /// From now on all is put back as it was.
    mutating func giveUp() { givesUp = true }

    /// The next thing to do.
    /// - Parameters:
    ///   - found: All containers of the service, as they are now.
    ///   - newest: The number of the newest rollout that began.
    mutating func next(_ found: [Found], newest: Int64? = nil) -> Step {
        let places = Dictionary(found.map { ($0.place, $0) }, uniquingKeysWith: { first, _ in first })
        if old == nil { old = remember(places) }
        if givesUp { return putBack(places) }
        if let sequence = wanted.sequence, let newer = (found.map(\.sequence) + [newest]).compactMap({ $0 }).max(),
            newer > sequence
        {
            isSuperseded = true
            return .refuse(.newer(newer))
        }
        if let created, !found.contains(where: { $0.id == created }) { return .refuse(.removed) }
        if created != nil, let current = places[.current], current.job == nil, current.id != old?.id {
            return .refuse(.replaced(by: current.id))
        }
        return switchOver(places) ?? cleanUp(places) ?? replace(places)
    }

    private func isOwn(_ container: Found) -> Bool { container.job == wanted.job }

    private func remember(_ places: [ServiceNames.Place: Found]) -> Old {
        let current = places[.current].flatMap { isOwn($0) ? nil : $0 }
        let hasOwn = [places[.ready], places[.current]].contains { $0.map(isOwn) ?? false }
        let container = hasOwn ? current ?? places[.previous] : places[.ready] ?? current ?? places[.previous]
        guard let container else { return Old(id: nil, ran: false) }
        let wasStopped = container.place == .previous || places[.next]?.stops == container.id
        return Old(id: container.id, ran: container.isRunning || wasStopped)
    }

    // MARK: - Forward

    /// One that is ready comes into service, whoever made it.
    private func switchOver(_ places: [ServiceNames.Place: Found]) -> Step? {
        guard let ready = places[.ready] else { return nil }
        guard let current = places[.current] else { return .rename(ready.id, to: .current) }
        if let previous = places[.previous] { return .retire(previous.id) }
        return .rename(current.id, to: .previous)
    }

    /// What others left half done, and what is left of the old one.
    private func cleanUp(_ places: [ServiceNames.Place: Found]) -> Step? {
        if let previous = places[.previous] {
            guard let current = places[.current] else { return .rename(previous.id, to: .current) }
            // Well when it came into service; a worker was killed since.
            if isOwn(current), !well.contains(current.id) { return .check(current.id) }
            if !cannotGo.contains(previous.id) { return .retire(previous.id) }
        }
        guard let next = places[.next], next.id != created else { return nil }
        // Of this rollout and running: it goes on from there. Else what it did until now is not known.
        if isOwn(next), next.isRunning { return nil }
        return remove(next, places[.current])
    }

    /// Removes a new one; the old one that stopped for it runs again before that.
    private func remove(_ next: Found, _ current: Found?) -> Step {
        if let current, !current.isRunning, next.stops == current.id || (current.id == old?.id && old?.ran == true),
            !cannotRun.contains(current.id)
        {
            return next.isRunning ? .stop(next.id) : .startOld(current.id)
        }
        return .discard(next.id)
    }

    private func replace(_ places: [ServiceNames.Place: Found]) -> Step {
        let current = places[.current]
        if let next = places[.next] {
            if well.contains(next.id) { return .rename(next.id, to: .ready) }
            if next.isRunning || started.contains(next.id) { return .check(next.id) }
            if let current, current.isRunning, next.stops == current.id { return .stop(current.id) }
            return .start(next.id)
        }
        if let current, isOwn(current) {
            return well.contains(current.id) ? .done(current.id, isUnchanged: false) : .check(current.id)
        }
        if let current, current.isRunning, current.fingerprint == wanted.fingerprint, !ill.contains(current.id) {
            return well.contains(current.id) ? .done(current.id, isUnchanged: true) : .confirm(current.id)
        }
        guard let current, mustStop(current) else { return .create(stopping: nil) }
        return current.removesItself ? .refuse(.wouldBeGone(current.id)) : .create(stopping: current.id)
    }

    private func mustStop(_ current: Found) -> Bool {
        guard current.isRunning || (current.id == old?.id && old?.ran == true) else { return false }
        let shared = wanted.resources.filter { resource in current.resources.contains { $0.isShared(with: resource) } }
        switch wanted.order {
        case .stopFirst: return true
        case .startFirst:
            // Files can be shared by those who know how; a port of the host cannot.
            return shared.contains { if case .files = $0 { false } else { true } }
        case nil: return !shared.isEmpty
        }
    }

    // MARK: - Back

    private func putBack(_ places: [ServiceNames.Place: Found]) -> Step {
        let current = places[.current]
        if !isSuperseded {
            if let ready = places[.ready], isOwn(ready), places[.next] == nil { return .rename(ready.id, to: .next) }
            if let current, isOwn(current), places[.previous] != nil, places[.next] == nil {
                return .rename(current.id, to: .next)
            }
            if current == nil, let previous = places[.previous] { return .rename(previous.id, to: .current) }
        }
        if let next = places[.next], isOwn(next) { return remove(next, current) }
        if !isSuperseded, let current, !current.isRunning, current.id == old?.id, old?.ran == true,
            !cannotRun.contains(current.id)
        {
            return .startOld(current.id)
        }
        return .gaveUp(restored: current.map { $0.isRunning || old?.ran == false } ?? false)
    }
}

extension String {
    /// Whether it is the path of a folder that the other path leads into.
    fileprivate func isFolder(around path: String) -> Bool {
        hasPrefix("/") && path.hasPrefix(self == "/" ? self : self + "/")
    }
}

/// State machine that replaces the container of a service on a Docker host by a new one.
///
/// It looks at the containers there are and names the next thing to do, again and again. All that matters is in their names
/// and labels, so that whoever goes on after an interruption at any point, the same rollout or a newer one, comes to a good
/// end. The old container is there until the new one is known to be well: only one that was found to be well ever becomes
/// ``ServiceNames/Place/ready``, and from there current. It has to stay so until the old one is removed.
///
/// A rollout that fails or is interrupted puts the old one back. Where that has stopped by then and the new one is well, an
/// interruption ends with the new one: the way back would be another outage.
struct ReplacementPlan: Sendable {
    let service: String
    var wanted: Wanted
    private var created: String?
    private var started: Set<String> = []
    private var well: Set<String> = []
    private var joined: Set<String> = []
    private var ill: Set<String> = []
    private var cannotRun: Set<String> = []
    private var cannotJoin: Set<String> = []
    private var cannotGo: Set<String> = []
    private var drained: Set<String> = []
    /// The start since which a container has been well, by its id.
    private var starts: [String: String] = [:]
    /// Whether an old one can answer to the service's name while another one takes that.
    private var canOverlap: Bool
    private var givesUp = false
    private var isInterrupted = false
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
        canOverlap = ServiceNames(service).leaving != nil
    }

    var hadOne: Bool { old?.id != nil }

    mutating func took(_ event: Event) {
        switch event {
        case .created(let id): created = id
        case .started(let id): started.insert(id)
        case .well(let id): well.insert(id)
        case .joined(let id): joined.insert(id)
        case .ill(let id): ill.insert(id)
        case .cannotRun(let id): cannotRun.insert(id)
        case .cannotJoin(let id): cannotJoin.insert(id)
        case .cannotGo(let id): cannotGo.insert(id)
        case .drained(let id): drained.insert(id)
        case .cannotOverlap: canOverlap = false
        }
    }

    /// From now on all is put back as it was.
    /// - Parameter isInterrupted: Nothing went wrong: what is all but done is done.
    mutating func giveUp(isInterrupted: Bool = false) {
        givesUp = true
        self.isInterrupted = isInterrupted
    }

    /// The next thing to do.
    /// - Parameters:
    ///   - found: All containers of the service, as they are now.
    ///   - newest: The number of the newest rollout that began.
    mutating func next(_ found: [Found], newest: Int64? = nil) -> Step {
        let places = Dictionary(found.map { ($0.place, $0) }, uniquingKeysWith: { first, _ in first })
        if wanted.known == nil { wanted.known = Set(found.map(\.id)) }
        if old == nil { old = remember(places) }
        for container in found where starts[container.id] == nil && (well.contains(container.id) || !isOwn(container)) {
            starts[container.id] = container.start
        }
        if givesUp { return putBack(places) }
        if let sequence = wanted.sequence, let newer = (found.map(\.sequence) + [newest]).compactMap({ $0 }).max(),
            newer > sequence
        {
            isSuperseded = true
            return .refuse(.newer(newer))
        }
        if let created, !found.contains(where: { $0.id == created }) { return .refuse(.removed) }
        if let current = places[.current], isForeign(current) { return .refuse(.replaced(by: current.id)) }
        if let ended = found.first(where: { isOwn($0) && well.contains($0.id) && !isUp($0) }) {
            return .refuse(.ended(ended.id))
        }
        return switchOver(places) ?? cleanUp(places) ?? replace(places)
    }

    /// Whether it answers to a name beside another one. One without the service's label would not be known again.
    private func overlaps(_ container: Found) -> Bool { container.start != nil && container.job != nil }

    private func isOwn(_ container: Found) -> Bool { container.job == wanted.job }

    /// Whether somebody put it there since the rollout began.
    func isForeign(_ container: Found) -> Bool {
        container.job == nil && wanted.known?.contains(container.id) == false
    }

    /// Whether it has run without a new start since it was well.
    private func isUp(_ container: Found) -> Bool {
        container.start != nil && (starts[container.id] ?? container.start) == container.start
    }

    private func remember(_ places: [ServiceNames.Place: Found]) -> Old {
        let others = [ServiceNames.Place.ready, .current, .leaving, .previous].compactMap { places[$0] }.filter {
            !isOwn($0) && !isForeign($0)
        }
        guard let container = others.first(where: { $0.start != nil }) ?? others.last else {
            return Old(id: nil, ran: false)
        }
        let wasStopped = container.place == .previous || places.values.contains { $0.stops == container.id }
        return Old(id: container.id, ran: container.isRunning || wasStopped)
    }

    // MARK: - Forward

    /// One that is ready comes into service, whoever made it.
    private func switchOver(_ places: [ServiceNames.Place: Found]) -> Step? {
        guard let ready = places[.ready] else { return nil }
        guard let current = places[.current] else {
            if let leaving = places[.leaving], !isOwn(ready), !isUp(ready) { return .rename(leaving.id, to: .current) }
            return .rename(ready.id, to: .current)
        }
        if !isOwn(ready), !isUp(ready) { return withdraw(ready, places) }
        if let previous = places[.previous], let step = retire(previous, for: current) { return step }
        if let leaving = places[.leaving] { return .rename(leaving.id, to: .previous) }
        return .rename(current.id, to: canOverlap && overlaps(current) && isUp(ready) ? .leaving : .previous)
    }

    /// What others left half done, and what is left of the old one.
    private func cleanUp(_ places: [ServiceNames.Place: Found]) -> Step? {
        if let leaving = places[.leaving] {
            guard let current = places[.current] else { return .rename(leaving.id, to: .current) }
            if !isOwn(current), !isUp(current) { return withdraw(current, places) }
            if let previous = places[.previous], let step = retire(previous, for: current) { return step }
            return .rename(leaving.id, to: .previous)
        }
        if let previous = places[.previous] {
            guard let current = places[.current] else { return .rename(previous.id, to: .current) }
            // Well when it came into service; a worker was killed since.
            if isOwn(current), !well.contains(current.id) { return .check(current.id) }
            if !isOwn(current), !isUp(current) { return withdraw(current, places) }
            if let step = retire(previous, for: current) { return step }
        }
        guard let next = places[.next], next.id != created else { return nil }
        // Of this rollout and running: it goes on from there, unless it was left half way between two networks. Else what
        // it did until now is not known.
        if isOwn(next), next.isRunning, wanted.aliases.keys.allSatisfy(next.networks.contains) { return nil }
        return remove(next, places[.current])
    }

    /// Takes one that did not stay well, whoever made it, out of service again.
    private func withdraw(_ container: Found, _ places: [ServiceNames.Place: Found]) -> Step {
        places[.next].map { .discard($0.id) } ?? .rename(container.id, to: .next)
    }

    /// The next step with an old one, the new one being in service; `nil` for one that cannot go.
    private func retire(_ old: Found, for new: Found) -> Step? {
        guard !cannotGo.contains(old.id) else { return nil }
        guard old.isRunning else { return .remove(old.id) }
        return drained.contains(old.id) ? .end(old.id) : .drain(old.id, for: new.id)
    }

    /// Removes a new one; the old one that stopped for it runs again before that.
    private func remove(_ next: Found, _ current: Found?) -> Step {
        if let current, !current.isRunning, next.stops == current.id || (current.id == old?.id && old?.ran == true),
            !cannotRun.contains(current.id)
        {
            return next.isRunning ? .stop(next.id) : .startOld(current.id)
        }
        return well.contains(next.id) && isUp(next) && current != nil ? .letGo(next.id) : .discard(next.id)
    }

    private func replace(_ places: [ServiceNames.Place: Found]) -> Step {
        let current = places[.current]
        if let next = places[.next] {
            if well.contains(next.id) {
                let missing = wanted.aliases.filter { !$0.value.isSubset(of: next.answers[$0.key] ?? []) }
                if !missing.isEmpty, !joined.contains(next.id) { return .join(next.id, missing) }
                return .rename(next.id, to: .ready)
            }
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

    private mutating func putBack(_ places: [ServiceNames.Place: Found]) -> Step {
        if isInterrupted, let step = finish(places) { return step }
        let current = places[.current]
        for new in [places[.ready], current].compactMap({ $0 }) where isOwn(new) { well.insert(new.id) }
        if !isSuperseded {
            if let step = rejoin(places) ?? switchBack(places) { return step }
        }
        if let next = places[.next], isOwn(next) { return remove(next, current) }
        if !isSuperseded, let current, !current.isRunning, current.id == old?.id, old?.ran == true,
            !cannotRun.contains(current.id)
        {
            return .startOld(current.id)
        }
        return .gaveUp(restored: current.map { !isOwn($0) && ($0.isRunning || old?.ran == false) } ?? false)
    }

    /// The rest of the way, where a new one that is well has come so far that no old one runs any more.
    private mutating func finish(_ places: [ServiceNames.Place: Found]) -> Step? {
        let inService = [ServiceNames.Place.ready, .current, .leaving, .previous].compactMap { places[$0] }
        guard let new = inService.first(where: isOwn), new.place == .ready || new.place == .current, isUp(new),
            !inService.contains(where: { !isOwn($0) && $0.isRunning })
        else { return nil }
        well.insert(new.id)
        return switchOver(places) ?? cleanUp(places) ?? .done(new.id, isUnchanged: false)
    }

    /// The old one answers as before while the new one still does.
    private func rejoin(_ places: [ServiceNames.Place: Found]) -> Step? {
        guard let new = [places[.ready], places[.current]].compactMap({ $0 }).first(where: isOwn),
            let back = places.values.first(where: { $0.id == old?.id }), !cannotJoin.contains(back.id)
        else { return nil }
        let taken = new.aliases.filter { !Set($0.value).isSubset(of: back.answers[$0.key] ?? []) }
        return taken.isEmpty ? nil : .rejoin(back.id, taken)
    }

    /// The old one gets its name back.
    private func switchBack(_ places: [ServiceNames.Place: Found]) -> Step? {
        let (ready, current) = (places[.ready], places[.current])
        let (leaving, previous) = (places[.leaving], places[.previous])
        // The new one still answers, where it works.
        if let old = leaving ?? (ready.map(isOwn) == false ? ready : nil), !isOwn(old), current == nil {
            return .rename(old.id, to: .current)
        }
        if places[.next] == nil {
            let back = previous.map { overlaps($0) && !isOwn($0) } == true && leaving == nil ? previous : nil
            if let ready, isOwn(ready) {
                if current == nil, let back {
                    return .rename(canOverlap ? back.id : ready.id, to: canOverlap ? .leaving : .current)
                }
                return .rename(ready.id, to: .next)
            }
            if let current, isOwn(current) {
                if let back, ready == nil { return .rename(back.id, to: canOverlap ? .leaving : .ready) }
                if leaving != nil, overlaps(current), ready == nil { return .rename(current.id, to: .ready) }
                if previous != nil || ready != nil || leaving != nil { return .rename(current.id, to: .next) }
            }
        }
        if current == nil, let previous { return .rename(previous.id, to: .current) }
        return nil
    }
}

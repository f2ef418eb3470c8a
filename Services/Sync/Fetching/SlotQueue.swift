/// Who may fetch now and who waits, as a value: one fetch of a repository at a time, so many of one host, so many in all.
/// Who waits holds no slot, so that the pushes of a slow repository or host are in nobody else's way. There is room for so
/// many that wait with a message in hand: the broker gives only so many, and those of others have to be among them.
struct SlotQueue {
    struct Claim: Equatable {
        var id: Int
        /// What only one may fetch into.
        var repository: String
        /// The server asked, such as `git.example:8443`.
        var host: String
        var asked: ContinuousClock.Instant
    }

    /// What a claim waits for.
    enum Obstacle: Equatable {
        case repository, host, slots
    }

    /// What becomes of a claim that asks.
    enum Answer: Equatable {
        case granted, waits
        /// - Parameter isMoving: whether those that take the room have not waited for long, so that there is some soon.
        case noRoom(isMoving: Bool)
    }

    /// Where nobody has waited for longer, those who wait have their turns all the time.
    static let shortWait = Duration.seconds(15)

    /// How many fetch at a time.
    let total: Int
    /// How many of them from one host.
    let perHost: Int
    /// How many may wait where the room is limited, in all and for one host.
    let room: Int
    let roomPerHost: Int
    /// Granted ones, in the order of their grant.
    private(set) var running: [Claim] = []
    /// In the order of asking.
    private(set) var waiting: [Claim] = []
    /// The repositories that failed since a fetch from their host last succeeded, by host.
    private var failed: [String: Set<String>] = [:]
    private var next = 0

    init(total: Int, perHost: Int, room: Int = .max, roomPerHost: Int = .max) {
        self.total = total
        self.perHost = perHost
        self.room = room
        self.roomPerHost = roomPerHost
    }

    /// - Parameters:
    ///   - isLimited: whether it waits only if there is room.
    ///   - now: when it asks.
    /// - Returns: the claim's id, and what becomes of it now.
    mutating func ask(
        _ repository: String, host: String, isLimited: Bool = false, now: ContinuousClock.Instant
    ) -> (id: Int, answer: Answer) {
        next += 1
        let claim = Claim(id: next, repository: repository, host: host, asked: now)
        // Whoever waits and could go would have gone: nobody is passed.
        guard obstacle(to: claim) == nil else {
            if isLimited {
                let own = waiting.filter { $0.host == host }
                let full = own.count >= roomPerHost ? own : waiting.count >= room ? waiting : []
                if let first = full.first {
                    return (claim.id, .noRoom(isMoving: first.asked.duration(to: now) < Self.shortWait))
                }
            }
            waiting.append(claim)
            return (claim.id, .waits)
        }
        running.append(claim)
        return (claim.id, .granted)
    }

    /// A fetch ended.
    /// - Parameter isHostAway: whether its server could not be reached; `nil` where that is not known.
    /// - Returns: the ids that may go now.
    mutating func end(_ id: Int, isHostAway: Bool?) -> [Int] {
        guard let index = running.firstIndex(where: { $0.id == id }) else { return [] }
        let claim = running.remove(at: index)
        if isHostAway == true { failed[claim.host, default: []].insert(claim.repository) }
        if isHostAway == false { failed[claim.host] = nil }
        var granted: [Int] = []
        var left: [Claim] = []
        for waiter in waiting {
            if obstacle(to: waiter) == nil {
                running.append(waiter)
                granted.append(waiter.id)
            } else {
                left.append(waiter)
            }
        }
        waiting = left
        return granted
    }

    /// A waiter gives up.
    mutating func leave(_ id: Int) {
        waiting.removeAll { $0.id == id }
    }

    /// What a waiter waits for; `nil` for one that does not.
    func obstacle(of id: Int) -> Obstacle? {
        waiting.first { $0.id == id }.flatMap(obstacle)
    }

    /// Whether a host is away: several repositories say so, and none otherwise. A few fetches find out when it is back; more
    /// would only wait in slots that the healthy hosts need.
    private func isAway(_ host: String) -> Bool { failed[host].map { $0.count > 1 } ?? false }

    private func obstacle(to claim: Claim) -> Obstacle? {
        if running.contains(where: { $0.repository == claim.repository }) { return .repository }
        let limit = isAway(claim.host) ? min(2, perHost) : perHost
        let own = running.count { $0.host == claim.host }
        if own >= limit { return .host }
        let free = total - running.count
        if free <= 0 { return .slots }
        // Beside others no host takes more than it leaves: a few that are slow at a time never have all.
        return own > free && own < running.count ? .host : nil
    }
}

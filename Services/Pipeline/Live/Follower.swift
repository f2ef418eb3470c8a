import Contracts

/// A ``RunFollower`` that several tasks may touch: the one that writes, and the ones that nudge and end its ``watch``.
actor Follower {
    private var follower: RunFollower
    nonisolated let watch: RunChanges.Watch

    init(_ follower: RunFollower) {
        self.follower = follower
        watch = follower.watch
    }

    /// What is new; `nil` once the run is over and everything is told.
    func next() async throws -> [RunEvent]? {
        if follower.isComplete { return nil }
        var copy = follower
        let events = try await copy.next()
        follower = copy
        if events.isEmpty, follower.isComplete { return nil }
        return events
    }
}

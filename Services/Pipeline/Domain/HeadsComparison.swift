import Contracts

/// Compares where a server's branches and tags are with the pushes that arrived, as a value.
///
/// A head that no push has led to is suspected at first: its hook may be on its way. If it is still there in an answer that
/// was asked for later, and no push has arrived, its push was missed. No clock decides; when it is asked again, does
/// ``HeadsSchedule``.
struct HeadsComparison {
    /// What is known of one branch or tag.
    struct Known: Sendable, Equatable {
        /// Where pushes led it; `nil` where it was found without one.
        var commit: String?
        /// Where it was found without a push.
        var suspect: String?
        /// How often heads had been asked for when it was.
        var round: Int?
    }

    enum Change: Equatable {
        /// It is where a push led it, or where everything begins.
        case settled(ref: String, commit: String)
        case suspected(ref: String, commit: String)
        /// - Parameter before: `nil` where it is new, and for tags.
        case missed(ref: String, before: String?, commit: String)
        case gone(ref: String)
    }

    var known: [String: Known]
    /// Those that arrived since what is known was found, the oldest first.
    var pushes: [Trigger]
    /// Whether branches and tags were listed before: where everything begins nothing is missed.
    var hasBranches: Bool
    var hasTags: Bool
    /// Which time they were asked for.
    var round: Int

    /// What is to be noted, in the order of the refs.
    /// - Parameter listed: the commit of each ref.
    func changes(to listed: [String: String]) -> [Change] {
        let pushes = Dictionary(grouping: pushes, by: \.ref)
        var changes: [Change] = known.keys.filter { listed[$0] == nil }.sorted().map { .gone(ref: $0) }
        for (ref, commit) in listed.sorted(by: { $0.key < $1.key }) {
            let head = known[ref] ?? Known()
            if head.commit == commit, head.suspect == nil { continue }
            let isTag = ref.hasPrefix("refs/tags/")
            let arrived = pushes[ref] ?? []
            // Where a tag's hook did not say the commit, and it could not be found, it may be this one.
            let isTold = arrived.contains { $0.commit == nil || $0.commit == commit }
            if head.commit == commit || isTold || !(isTag ? hasTags : hasBranches) {
                changes.append(.settled(ref: ref, commit: commit))
            } else if head.suspect == commit, let noted = head.round, noted < round {
                let before = arrived.last?.commit ?? head.commit
                changes.append(.missed(ref: ref, before: isTag ? nil : before, commit: commit))
            } else if head.suspect != commit {
                changes.append(.suspected(ref: ref, commit: commit))
            }
        }
        return changes
    }
}

import Contracts

extension Trigger {
    /// What a person's name of a ref means by the event that was asked for: a push is one of a branch.
    var refKind: String? {
        guard eventFollowsRef != true else { return nil }
        switch event {
        case .push: return "refs/heads/"
        case .tag: return "refs/tags/"
        case .pullRequest, .custom, .cron, .promote, .rollback: return nil
        }
    }

    /// Takes over what its ref turned out to be: the full ref and its commit, the branch where it is one, and the event
    /// where that follows from it. A push's run of a tag is one of the tag's commit: the push of a tag has another event.
    /// - Throws: ``SyncProblem`` where a person asked for a tag's run of something else.
    mutating func found(as found: String, commit: String) throws(SyncProblem) {
        let asked = ref
        let isTag = found.hasPrefix("refs/tags/")
        ref = found
        self.commit = commit
        if branch == nil, found.hasPrefix("refs/heads/") { branch = String(found.dropFirst("refs/heads/".count)) }
        if eventFollowsRef == true {
            event = isTag ? .tag : .push
            eventFollowsRef = nil
        }
        guard run != nil else { return }
        if event == .push, isTag { ref = commit }
        if event == .tag, !isTag {
            let kind = branch == nil ? "not a tag" : "a branch, not a tag"
            throw SyncProblem(.refNotFound, "“\(asked)” is \(kind): ask for the event push, or for none")
        }
    }
}

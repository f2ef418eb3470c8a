import Contracts

extension Trigger {
    /// Takes over what its ref turned out to be: the full ref, the branch where it is one, and the event where that
    /// follows from it.
    /// - Throws: ``SyncProblem`` where a person asked for a push's run of a tag, or for a tag's of something else.
    mutating func found(as found: String) throws(SyncProblem) {
        let asked = ref
        ref = found
        if branch == nil, found.hasPrefix("refs/heads/") { branch = String(found.dropFirst("refs/heads/".count)) }
        let isTag = found.hasPrefix("refs/tags/")
        if eventFollowsRef == true {
            event = isTag ? .tag : .push
            eventFollowsRef = nil
        }
        guard run != nil else { return }
        if event == .push, isTag {
            throw SyncProblem(
                .refNotFound, "“\(asked)” is a tag, which is pushed with the event tag: ask for that, or for none")
        }
        if event == .tag, !isTag {
            let kind = branch == nil ? "no tag" : "a branch, not a tag"
            throw SyncProblem(
                .refNotFound, "“\(asked)” is \(kind): ask for the event push, or for none")
        }
    }
}

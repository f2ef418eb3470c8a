import Contracts

/// A push that no hook told of, and that was made up.
struct MadeUpPush: Sendable, Equatable {
    var repository: RepositoryPath
    var ref: String
    /// `nil` where the ref was new, and for tags.
    var before: String?
    var commit: String
    /// The newest run when it was made up.
    var mark: Int64

    /// Whether a hook is this push's, late.
    /// - Parameters:
    ///   - hook: of the same ref and commit.
    ///   - head: where the ref was when it was last compared.
    ///   - since: the pushes of the ref that arrived since this one was made up.
    func isToldLate(by hook: Trigger, head: String?, since: [Trigger]) -> Bool {
        if ref.hasPrefix("refs/tags/") {
            // A tag's push does not say where it was: another one can follow only where it was moved meanwhile.
            return !since.contains { $0.commit != nil && $0.commit != commit }
        }
        if hook.before == before {
            // The same push can be made again only once the branch is back where it began.
            return before == nil || !since.contains { $0.commit == before }
        }
        // Of several pushes that were missed one was made up, to where the last of them led. Another one can lead there only
        // after one away from there.
        return head == commit && !since.contains { $0.before == commit }
    }
}

/// How far the comparison of a repository's heads with the pushes that arrived is.
struct ComparedRepository: Sendable, Equatable {
    var path: RepositoryPath
    /// Where it was cloned from when its heads were kept.
    var cloneURL: String?
    /// How often its heads were asked for.
    var asked = 0
    /// Which of these times was answered last.
    var answered = 0
    /// Whether its branches were listed the last time, and its tags.
    var hasBranches = false
    var hasTags = false
    /// The newest run when its heads were asked for the last time.
    var askedMark: Int64 = 0
    /// And when they were for the last comparison, and for the one before it.
    var lastMark: Int64 = 0
    var formerMark: Int64 = 0

    /// They are asked for again.
    /// - Parameter url: where the repository is cloned from; what is known of another place says nothing of this one.
    mutating func ask(of url: String, mark: Int64) {
        if cloneURL != url { (hasBranches, hasTags) = (false, false) }
        cloneURL = url
        asked += 1
        askedMark = mark
        // Where everything begins no push that came before counts.
        if !hasBranches { (lastMark, formerMark) = (mark, mark) }
    }

    /// They were compared.
    mutating func compared(withTags: Bool) {
        (hasBranches, hasTags) = (true, withTags)
        (lastMark, formerMark) = (askedMark, lastMark)
    }
}

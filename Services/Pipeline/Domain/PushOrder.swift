/// The way that a ref went by its pushes, whatever order they arrived in: each says where it began and where it ended.
struct PushOrder {
    struct Push: Sendable, Equatable {
        /// `nil` where the ref was new.
        var before: String?
        var after: String
    }

    private let next: [String: String]

    /// - Parameter pushes: those that arrived, the last one first.
    init(_ pushes: [Push]) {
        var next: [String: String] = [:]
        for push in pushes {
            guard let before = push.before, before != push.after, next[before] == nil else { continue }
            next[before] = push.after
        }
        self.next = next
    }

    /// The commit that the ref has gone on to from another one; `nil` where it is not known to have, or where the push went
    /// back from there.
    /// - Parameters:
    ///   - commit: where a push ended.
    ///   - before: where it began.
    func overtaker(of commit: String, before: String?) -> String? {
        var seen: Set = [commit]
        var last: String?
        var at = commit
        while let later = next[at] {
            // It leads back to where it began: which of them is the newest cannot be told.
            guard seen.insert(later).inserted else { return nil }
            last = later
            at = later
        }
        if let before, before != commit, seen.contains(before) { return nil }
        return last
    }
}

import Contracts

extension Condition {
    /// The first clause that does not hold for the facts, or `nil` if all do. `status` is left to the run.
    /// - Parameter word: What the condition is called there: `when` or `trigger`.
    public func refusal(_ facts: Facts, word: String) -> SkipReason? {
        // One after the other: a condition without clauses is the usual one and costs nothing.
        if let refusal = Self.refusal(event, facts.event.rawValue, word, "event") { return refusal }
        if let refusal = Self.refusal(action, facts.action, word, "action") { return refusal }
        if let refusal = Self.refusal(branch, facts.branch, word, "branch") { return refusal }
        if let refusal = Self.refusal(ref, facts.ref, word, "ref") { return refusal }
        if let refusal = Self.refusal(repo, facts.repository, word, "repo") { return refusal }
        if let refusal = Self.refusal(instance, facts.instance, word, "instance") { return refusal }
        if let refusal = Self.refusal(target, facts.target, word, "target") { return refusal }
        if let refusal = Self.refusal(cron, facts.cron, word, "cron") { return refusal }
        if let paths, let changed = facts.changedPaths, let mismatch = paths.mismatch(ofPaths: changed) {
            return SkipReason(.condition, clause: "\(word).paths", "\(word).paths: \(mismatch)")
        }
        return nil
    }

    private static func refusal(
        _ matcher: Matcher?, _ value: String?, _ word: String, _ name: String
    ) -> SkipReason? {
        guard let matcher, let mismatch = matcher.mismatch(of: value) else { return nil }
        return SkipReason(.condition, clause: "\(word).\(name)", "\(word).\(name): \(mismatch)")
    }

    /// Why the state so far keeps it from running, or `nil`.
    /// - Parameter failing: What failed before, or `nil` if nothing did.
    public func refusal(failing: String?, word: String) -> SkipReason? {
        if let failing {
            guard !runsOnFailure else { return nil }
            return SkipReason(.earlierFailure, "\(failing) failed")
        }
        guard !runsOnSuccess else { return nil }
        return SkipReason(.noFailure, clause: "\(word).status", "\(word).status: runs on failure only, nothing failed")
    }
}

import Contracts

extension Condition {
    /// The first clause that does not hold for the facts, or `nil` if all do. `status` is left to the run.
    /// - Parameter word: What the condition is called there: `when` or `trigger`.
    public func refusal(_ facts: Facts, word: String) -> SkipReason? {
        let values: [(name: String, matcher: Matcher?, value: String?)] = [
            ("event", event, facts.event.rawValue), ("action", action, facts.action), ("branch", branch, facts.branch),
            ("ref", ref, facts.ref), ("repo", repo, facts.repository), ("instance", instance, facts.instance),
            ("target", target, facts.target), ("cron", cron, facts.cron),
        ]
        for (name, matcher, value) in values {
            guard let matcher, let mismatch = matcher.mismatch(of: value) else { continue }
            return SkipReason(.condition, clause: "\(word).\(name)", "\(word).\(name): \(mismatch)")
        }
        if let paths, let changed = facts.changedPaths, let mismatch = paths.mismatch(ofPaths: changed) {
            return SkipReason(.condition, clause: "\(word).paths", "\(word).paths: \(mismatch)")
        }
        return nil
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

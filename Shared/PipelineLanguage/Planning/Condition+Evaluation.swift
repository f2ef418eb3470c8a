import Contracts

extension Condition {
    /// The first clause that does not hold for the facts, or `nil` if all do. `status` is left to the run.
    /// - Parameter word: What the condition is called there: `when` or `trigger`.
    public func refusal(_ facts: Facts, word: String) -> SkipReason? {
        var work = Plan.mostWork
        return refusal(facts, word: word, work: &work)
    }

    /// - Parameter work: What may still be done for patterns of the plan.
    func refusal(_ facts: Facts, word: String, work: inout Int) -> SkipReason? {
        guard self != .always else { return nil }
        let refusal = clauseThatFails(facts, word, &work)
        guard work >= 0 else {
            return SkipReason(.broken, "\(word): the patterns of this pipeline take more work than they may")
        }
        return refusal
    }

    private func clauseThatFails(_ facts: Facts, _ word: String, _ work: inout Int) -> SkipReason? {
        // One after the other: a condition without clauses is the usual one and costs nothing.
        if let refusal = Self.refusal(event, facts.event.rawValue, word, &work, "event") { return refusal }
        if let refusal = Self.refusal(action, facts.action, word, &work, "action") { return refusal }
        if let refusal = Self.refusal(branch, facts.branch, word, &work, "branch") { return refusal }
        if let refusal = Self.refusal(ref, facts.ref, word, &work, "ref") { return refusal }
        if let refusal = Self.refusal(repo, facts.repository, word, &work, "repo") { return refusal }
        if let refusal = Self.refusal(instance, facts.instance, word, &work, "instance") { return refusal }
        if let refusal = Self.refusal(target, facts.target, word, &work, "target") { return refusal }
        if let refusal = Self.refusal(cron, facts.cron, word, &work, "cron") { return refusal }
        if let paths, let changed = facts.changedPaths, let mismatch = paths.mismatch(ofPaths: changed, work: &work) {
            return SkipReason(.condition, clause: "\(word).paths", "\(word).paths: \(mismatch)")
        }
        return nil
    }

    private static func refusal(
        _ matcher: Matcher?, _ value: String?, _ word: String, _ work: inout Int, _ name: String
    ) -> SkipReason? {
        guard let matcher, let mismatch = matcher.mismatch(of: value, work: &work) else { return nil }
        return SkipReason(.condition, clause: "\(word).\(name)", "\(word).\(name): \(mismatch)")
    }

    /// Why the state so far keeps it from running, or `nil`.
    /// - Parameters:
    ///   - failing: What failed before, or `nil` if nothing did.
    ///   - isAwaited: Whether it waits for what failed; if not, it has to be told why that matters to it.
    public func refusal(failing: String?, isAwaited: Bool = true, word: String) -> SkipReason? {
        if let failing {
            guard !runsOnFailure else { return nil }
            let why = isAwaited ? "" : ", and after a failure a stage starts only what runs on failure"
            return SkipReason(.earlierFailure, "\(failing) failed\(why)")
        }
        guard !runsOnSuccess else { return nil }
        return SkipReason(.noFailure, clause: "\(word).status", "\(word).status: runs on failure only, nothing failed")
    }
}

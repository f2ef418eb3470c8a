extension Matcher {
    /// Why a value does not match, in plain words, or `nil` if it does. A pattern that is no glob matches nothing, nor does one with a `${…}` that has no value.
    /// - Parameter work: Counted down by what was looked at; below 0 the answer means nothing.
    func mismatch(of value: String?, work: inout Int) -> String? {
        guard let value else {
            return include.isEmpty ? nil : "there is none, wanted \(Self.list(include))"
        }
        if let pattern = exclude.first(where: { Self.matches($0, value, &work) }) {
            return "“\(value)” is excluded by \(pattern)"
        }
        guard include.isEmpty || include.contains(where: { Self.matches($0, value, &work) }) else {
            return "“\(value)” is not \(Self.list(include))"
        }
        return nil
    }

    /// Why none of the paths matches, or `nil` if one does: one that is included and not excluded.
    func mismatch(ofPaths paths: [String], work: inout Int) -> String? {
        let included = include.compactMap(Self.glob)
        let excluded = exclude.compactMap(Self.glob)
        for path in paths where work >= 0 {
            guard include.isEmpty || included.contains(where: { $0.matches(path, work: &work) }) else { continue }
            if !excluded.contains(where: { $0.matches(path, work: &work) }) { return nil }
        }
        guard let first = paths.first else { return "nothing was changed" }
        let changed = paths.count == 1 ? "only “\(first)” was changed" : "none of \(paths.count) changed paths"
        let wanted = include.isEmpty ? "other than \(Self.list(exclude))" : Self.list(include)
        return
            "\(changed), wanted \(wanted)\(include.isEmpty || exclude.isEmpty ? "" : " without \(Self.list(exclude))")"
    }

    private static func matches(_ pattern: String, _ value: String, _ work: inout Int) -> Bool {
        glob(pattern)?.matches(value, work: &work) ?? false
    }

    /// An expression that is left has no value, and nothing is like it.
    private static func glob(_ pattern: String) -> Glob? {
        guard !Substitution.hasExpression(pattern) else { return nil }
        do throws(GlobError) {
            return try Glob(pattern)
        } catch {
            return nil
        }
    }

    private static func list(_ patterns: [String]) -> String {
        let shown = patterns.prefix(5).joined(separator: ", ")
        return patterns.count > 5 ? "\(shown), …" : shown
    }
}

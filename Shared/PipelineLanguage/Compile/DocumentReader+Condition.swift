import Contracts
import Text

extension DocumentReader {
    /// A `when` or `trigger`.
    func condition(_ node: SourceNode?, word: String) -> Condition {
        guard let node else { return .always }
        guard case .map = node.content else {
            sink.error(
                .wrongType,
                "“\(word)” is a mapping such as {branch: main}, not \(node.kindName)"
                    + hint(ofList: node, word: word), at: node)
            return .always
        }
        guard let fields = fields(node, what: "“\(word)”") else { return .always }
        sink.isInCondition = true
        defer { sink.isInCondition = false }
        var condition = Condition()
        condition.branch = matcher(fields.take("branch"), "\(word).branch")
        condition.event = matcher(fields.take("event"), "\(word).event")
        condition.ref = matcher(fields.take("ref"), "\(word).ref")
        condition.repo = matcher(fields.take("repo"), "\(word).repo")
        condition.instance = matcher(fields.take("instance"), "\(word).instance")
        condition.target = matcher(fields.take("target"), "\(word).target")
        condition.cron = matcher(fields.take("cron"), "\(word).cron")
        condition.action = matcher(fields.take("action"), "\(word).action")
        condition.paths = matcher(fields.take("paths"), "\(word).paths")
        if let status = fields.take("status") { condition.status = statuses(status, word: word) }
        if let environment = fields.take("environment") {
            sink.warning(
                .unsupported, "\(word).environment is of an old format; use \(word).target", at: environment)
            condition.target = condition.target ?? matcher(environment, "\(word).environment")
        }
        fields.finish()
        checkEvents(condition.event, node.member("event"), word: word)
        checkEvent(.pullRequest, of: condition.action, node.member("action"), condition, "\(word).action")
        checkEvent(.cron, of: condition.cron, node.member("cron"), condition, "\(word).cron")
        checkRefs(condition.ref, node.member("ref"), word: word)
        let clauses = [
            ("branch", condition.branch), ("event", condition.event), ("ref", condition.ref), ("repo", condition.repo),
            ("instance", condition.instance), ("target", condition.target), ("cron", condition.cron),
            ("paths", condition.paths),
        ]
        for (clause, matcher) in clauses {
            guard let matcher, let node = node.member(clause) else { continue }
            for pattern in matcher.include + matcher.exclude where !Substitution.hasExpression(pattern) {
                guard let (problem, remedy) = PatternWords.misread(pattern, of: clause) else { continue }
                sink.warning(
                    .suspicious, "\(word).\(clause): “\(pattern)” \(problem); \(remedy)",
                    at: location(of: pattern, in: node))
            }
        }
        return condition
    }

    /// A list of conditions is Woodpecker's “or”; entries with different clauses are mostly one condition with dashes.
    private func hint(ofList node: SourceNode, word: String) -> String {
        guard case .list(let elements) = node.content else { return "" }
        guard elements.count > 1 else { return "; write its clauses without the dash" }
        let clauses = elements.compactMap { element -> SourceEntry? in
            guard case .map(let entries) = element.content, entries.count == 1 else { return nil }
            return entries[0]
        }
        if let first = clauses.first, clauses.count == elements.count, clauses.allSatisfy({ $0.key == first.key }) {
            let values = clauses.flatMap { self.elements($0.value) }.compactMap(plainText)
            return "; write {\(first.key): [\(values.joined(separator: ", "))]}"
        }
        let owner = word == "trigger" ? "pipeline" : "step"
        return
            "; if all clauses have to hold, write them without the dashes; if one of the entries is enough, write the "
            + "\(owner) once for each"
    }

    private func statuses(_ node: SourceNode, word: String) -> [Condition.Status] {
        var statuses: [Condition.Status] = []
        var nodes = elements(node)
        if case .map = node.content {
            guard let fields = fields(node, what: "“\(word).status”") else { return [] }
            nodes = fields.take("include").map { elements($0) } ?? []
            let excluded = fields.take("exclude").map { elements($0) } ?? []
            fields.finish()
            let words = excluded.flatMap { status($0, word: word) }
            if nodes.isEmpty {
                let left = Condition.Status.allCases.filter { !words.contains($0) }
                if left.isEmpty { sink.error(.badValue, "\(word).status excludes every state", at: node) }
                return left
            }
        }
        for node in nodes {
            for status in status(node, word: word) where !statuses.contains(status) { statuses.append(status) }
        }
        return statuses.sorted { $0.rawValue > $1.rawValue }
    }

    /// States a build may have in Drone and earlier versions of it: known, and nothing waits for them.
    private static let otherStates: Set<String> = [
        "changed", "fixed", "pending", "running", "blocked", "declined", "skipped", "killed", "error", "started",
        "waiting_on_dependencies",
    ]

    /// What one word of `status` stands for: patterns may stand for both states.
    private func status(_ node: SourceNode, word: String) -> [Condition.Status] {
        guard case .scalar(let scalar) = node.content else { return choice(node, "\(word).status").map { [$0] } ?? [] }
        let text = scalar.text.lowercased()
        if Self.otherStates.contains(text) {
            sink.warning(
                .noEffect, "“\(scalar.text)” has no effect in \(word).status: what comes before succeeds or fails",
                at: node)
            return []
        }
        let meant: [String: String] = [
            "always": "[success, failure]", "on_failure": "failure", "on_success": "success", "failed": "failure",
            "fail": "failure", "succeeded": "success", "passed": "success",
        ]
        if let instead = meant[text] {
            sink.error(
                .badValue, "\(word).status is success or failure, not “\(scalar.text)”; write \(instead)", at: node)
            return []
        }
        if text.utf8.contains(where: { "*?[{".utf8.contains($0) }) {
            do throws(GlobError) {
                let glob = try Glob(text)
                let found = Condition.Status.allCases.filter { glob.matches($0.rawValue) }
                if !found.isEmpty { return found }
            } catch {
                sink.error(.badValue, "“\(scalar.text.prefix(60))” is not a valid pattern: \(error.problem)", at: node)
                return []
            }
        }
        return Condition.Status(rawValue: text).map { [$0] } ?? choice(node, "\(word).status").map { [$0] } ?? []
    }

    /// A text, a list, or a mapping of `include` and `exclude`.
    func matcher(_ node: SourceNode?, _ what: String) -> Matcher? {
        guard let node else { return nil }
        var matcher = Matcher(include: [])
        if case .map = node.content {
            guard let fields = fields(node, what: "“\(what)”") else { return nil }
            matcher.include = patterns(fields.take("include"), "\(what).include")
            matcher.exclude = patterns(fields.take("exclude"), "\(what).exclude")
            fields.finish()
        } else {
            if case .scalar(let scalar) = node.content, !scalar.text.contains("{"),
                let list = Self.listHint(scalar.text)
            {
                sink.error(.badValue, "\(what) is one pattern or a list: \(list)", at: node)
                return nil
            }
            matcher.include = patterns(node, what)
        }
        if matcher.include.isEmpty, matcher.exclude.isEmpty {
            guard !sink.hasErrors else { return nil }
            sink.warning(.noEffect, "\(what) is empty and matches everything", at: node)
            return nil
        }
        return matcher
    }

    private func patterns(_ node: SourceNode?, _ what: String) -> [String] {
        guard let node else { return [] }
        return elements(node).compactMap { element in
            guard let pattern = text(element, "each of \(what)") else { return nil }
            if Substitution.hasExpression(pattern) {
                if Substitution.names(in: pattern).contains(where: { $0.hasPrefix("steps.") }) {
                    sink.error(
                        .unsupported, "\(what) is asked before any step runs, so it cannot use what a step hands on",
                        at: element)
                }
                return pattern
            }
            do throws(GlobError) {
                _ = try Glob(pattern)
                return pattern
            } catch {
                sink.error(.badValue, "“\(pattern.prefix(60))” is not a valid pattern: \(error.problem)", at: element)
                return nil
            }
        }
    }

    private func checkEvents(_ matcher: Matcher?, _ node: SourceNode?, word: String) {
        guard let matcher, let node else { return }
        let events = Event.allCases.map(\.rawValue)
        for pattern in matcher.include {
            guard let reason = Event(rawValue: pattern)?.notYet else { continue }
            sink.warning(
                .notExecuted, "\(word).event: “\(pattern)” \(reason)",
                at: location(of: pattern, in: node))
        }
        for pattern in matcher.include + matcher.exclude where !Substitution.hasExpression(pattern) {
            do throws(GlobError) {
                let glob = try Glob(pattern)
                if events.contains(where: { glob.matches($0) }) { continue }
            } catch {
                continue
            }
            let meant: [String: String] = [
                "deployment": "promote", "deploy": "promote", "merge_request": "pull_request", "schedule": "cron",
                "manual": "custom", "web": "custom", "release": "tag",
            ]
            let nearest = meant[pattern] ?? Nearest.name(to: pattern, among: events)
            let hint =
                nearest.map { "; did you mean “\($0)”?" } ?? "; there are \(events.sorted().joined(separator: ", "))"
            sink.error(
                .badValue, "\(word).event: there is no event “\(pattern)”\(hint)",
                at: location(of: pattern, in: node))
        }
    }

    /// A clause that only one event meets; beside that event it is said there.
    private func checkEvent(
        _ event: Event, of clause: Matcher?, _ node: SourceNode?, _ condition: Condition, _ what: String
    ) {
        guard let node, let clause, !clause.include.isEmpty, let reason = event.notYet,
            condition.event?.include.contains(event.rawValue) != true
        else { return }
        sink.warning(.notExecuted, "\(what) \(reason)", at: node)
    }

    private func checkRefs(_ matcher: Matcher?, _ node: SourceNode?, word: String) {
        guard let matcher, let node else { return }
        for pattern in matcher.include
        where pattern.hasPrefix("refs/pull/") || pattern.hasPrefix("refs/merge-requests/") {
            guard let reason = Event.pullRequest.notYet else { continue }
            sink.warning(
                .notExecuted, "\(word).ref: “\(pattern)” \(reason)", at: location(of: pattern, in: node))
        }
        for pattern in matcher.include + matcher.exclude
        where !pattern.hasPrefix("refs/") && !pattern.hasPrefix("*") && !pattern.hasPrefix("{")
            && !Substitution.hasExpression(pattern) && PatternWords.misread(pattern, of: "ref") == nil
        {
            sink.warning(
                .suspicious,
                "\(word).ref: “\(pattern)” matches no ref; refs are whole, such as refs/heads/main or refs/tags/v*",
                at: location(of: pattern, in: node))
        }
    }

    /// The scalar below a node that has this text, or the node itself.
    func location(of text: String, in node: SourceNode) -> SourceNode {
        find(text, in: node) ?? node
    }

    private func find(_ text: String, in node: SourceNode) -> SourceNode? {
        switch node.content {
        case .list(let elements): elements.lazy.compactMap { find(text, in: $0) }.first
        case .map(let entries): entries.lazy.compactMap { find(text, in: $0.value) }.first
        case .scalar(let scalar): scalar.text == text ? node : nil
        case .null: nil
        }
    }
}

import Contracts
import PipelineLanguage
import Text

/// Where a job comes from.
struct RunOrigin: Sendable, Equatable {
    var repository: RepositoryPath
    var ref: String
    var event: Event
    /// Where the ref is a commit, the branches and tags that it is the tip of.
    var tipOf: [String] = []

    /// What it counts as: a commit by itself is of none.
    var refs: [String] { [ref] + tipOf }
}

/// Which repositories, refs and events something is for: pools, secrets and registry logins share it. What counts is the
/// ref that the commit comes from, however the run was started.
struct OriginRule: Sendable, Equatable {
    /// Globs; `nil` for all.
    var repositories: [String]?
    /// Globs; if empty, every branch and tag.
    var refs: [String]
    /// If empty, all but those of merge requests.
    var events: [Event]

    /// What the rule does not let through.
    struct Refusal: Sendable, Equatable {
        /// As `the ref “refs/heads/main”`.
        var what: String
        /// What it does let through. Other repositories are not told: who reads it may not see them.
        var entries: [String]?
        /// The command's option that lets it, with what is let already where that is told.
        var options: String

        /// As `, but for refs/heads/main; to let it: COMMAND --ref=…`.
        func text(_ command: String) -> String {
            guard let entries else { return "; to let it, name it beside those it is for: \(command)\(options)" }
            return ", but for \(entries.joined(separator: ", ")); to let it: \(command)\(options)"
        }

        init(_ repository: RepositoryPath) {
            what = "the repository “\(repository)”"
            options = " --repo=… --repo=\(ShellWord.quote(repository.rawValue))"
        }

        init(_ what: String, _ option: String, _ entries: [String], _ new: String) {
            self.what = what
            self.entries = entries
            options = (entries + [new]).map { " --\(option)=\(ShellWord.quote($0))" }.joined()
        }
    }

    /// Why it does not let a job through; `nil` where it does.
    func refusal(of origin: RunOrigin) -> Refusal? {
        if let repositories, !RolloutPermit.covers(repositories, origin.repository.rawValue) {
            return Refusal(origin.repository)
        }
        let named = events.isEmpty ? Event.allCases.filter { $0 != .pullRequest } : events
        guard named.contains(origin.event) else {
            return Refusal(
                "the event “\(origin.event.rawValue)”", "event", named.map(\.rawValue), origin.event.rawValue)
        }
        let refs = refs.isEmpty ? Self.usualRefs : refs
        // A merge request's own ref is neither a branch nor a tag: who names its event means it.
        let isMeant = self.refs.isEmpty && origin.event == .pullRequest && events.contains(.pullRequest)
        guard isMeant || origin.refs.contains(where: { RolloutPermit.covers(refs, $0) }) else {
            return Refusal("the ref “\(origin.ref)”", "ref", refs, origin.ref)
        }
        return nil
    }

    /// What is wrong with the rule, with what to write instead; `nil` where nothing is.
    var problem: String? {
        for (what, patterns) in [("a repository", repositories ?? []), ("a ref", refs)] {
            if let problem = Self.problem(with: patterns, of: what) { return problem }
        }
        for ref in refs where !ref.hasPrefix("refs/") {
            return "“\(ref)” is no ref: write refs/heads/\(ref) for a branch, refs/tags/\(ref) for a tag"
        }
        return nil
    }

    static func problem(with patterns: [String], of what: String) -> String? {
        for pattern in patterns {
            do {
                _ = try Glob(pattern)
            } catch {
                return "“\(pattern)” is no pattern of \(what): \(error)"
            }
        }
        return nil
    }

    /// What is meant where no refs are named.
    static let usualRefs = ["refs/heads/**", "refs/tags/**"]
}

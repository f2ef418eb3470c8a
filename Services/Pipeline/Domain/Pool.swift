import Contracts
import PipelineLanguage
import Text

/// Whose jobs the builders of a pool do: an object of the platform, whatever a repository's pipeline says.
struct Pool: Sendable, Equatable {
    var name: String
    var rules: PoolRules
    var updatedBy: String
    var updatedAt: Timestamp

    var view: PoolView { PoolView(name: name, rules: rules, updatedBy: updatedBy, updatedAt: updatedAt) }

    /// Where a job comes from.
    struct Origin: Sendable, Equatable {
        var repository: RepositoryPath
        var ref: String
        var event: Event
    }

    /// Why it does not serve a job, with what to do about it; `nil` where it does.
    func refusal(of origin: Origin) -> String? {
        guard RolloutPermit.covers(rules.repositories, origin.repository.rawValue) else {
            return refusal(
                "the repository “\(origin.repository)”", "repo", rules.repositories, origin.repository.rawValue)
        }
        let refs = rules.refs.isEmpty ? Self.usualRefs : rules.refs
        // What a merge request's event lets through is not asked for its ref as well.
        let isForRef =
            RolloutPermit.covers(refs, origin.ref) || rules.refs.isEmpty && rules.events.contains(origin.event)
        guard isForRef else { return refusal("the ref “\(origin.ref)”", "ref", refs, origin.ref) }
        let events = rules.events.isEmpty ? Event.allCases.filter { $0 != .pullRequest } : rules.events
        guard events.contains(origin.event) else {
            return refusal(
                "the event “\(origin.event.rawValue)”", "event", events.map(\.rawValue), origin.event.rawValue)
        }
        return nil
    }

    /// What a pool serves that names no refs.
    private static let usualRefs = ["refs/heads/**", "refs/tags/**"]

    private func refusal(_ what: String, _ option: String, _ entries: [String], _ new: String) -> String {
        let options = (entries + [new]).map { " --\(option)=\(ShellWord.quote($0))" }.joined()
        return
            "the builders of the pool “\(name)” are not for \(what), but for \(entries.joined(separator: ", ")); to let it: "
            + "slipway pool set \(ShellWord.quote(name))\(options)"
    }
}

/// The pools that somebody gave rules, by name.
struct Pools: Sendable, Equatable {
    var known: [String: Pool] = [:]

    /// Why a pool does not serve a job; `nil` where it does. The usual one serves everybody until it is given rules, others
    /// nobody.
    func refusal(of origin: Pool.Origin, by name: String) -> String? {
        if let pool = known[name] { return pool.refusal(of: origin) }
        guard name != WorkerScope.usualPool else { return nil }
        return
            "nobody may use the builders of the pool “\(name)” yet; somebody who may say who does gives it rules: "
            + "slipway pool set \(ShellWord.quote(name)) --repo=\(ShellWord.quote(origin.repository.rawValue))"
    }

    /// The pool of a job that names none: the usual one, or where that does not serve it, the first by name that does.
    func choice(for origin: Pool.Origin) -> String {
        let names = [WorkerScope.usualPool] + known.keys.sorted()
        return names.first { refusal(of: origin, by: $0) == nil } ?? WorkerScope.usualPool
    }
}

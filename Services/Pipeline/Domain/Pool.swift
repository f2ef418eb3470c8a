import Contracts
import PipelineLanguage
import Text

/// Whose jobs the builders and deployers of a pool do: an object of the platform, whatever a repository's pipeline says.
struct Pool: Sendable, Equatable {
    var name: String
    var rules: PoolRules
    var updatedBy: String
    var updatedAt: Timestamp

    var view: PoolView { PoolView(name: name, rules: rules, updatedBy: updatedBy, updatedAt: updatedAt) }

    typealias Origin = RunOrigin

    /// Why it does not serve a job, with what to do about it; `nil` where it does.
    func refusal(of origin: Origin) -> String? {
        let rule = OriginRule(repositories: rules.repositories, refs: rules.refs, events: rules.events)
        return rule.refusal(of: origin).map { refusal in
            "the pool “\(name)” is not for \(refusal.what)"
                + refusal.text("slipway pool set \(ShellWord.quote(name))")
        }
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
            "nobody may use the pool “\(name)” yet; somebody who may say who does gives it rules: "
            + "slipway pool set \(ShellWord.quote(name)) --repo=\(ShellWord.quote(origin.repository.rawValue))"
    }

    /// The pool of a job that names none: the usual one, or where that does not serve it, the first by name that does.
    func choice(for origin: Pool.Origin) -> String {
        let names = [WorkerScope.usualPool] + known.keys.sorted()
        return names.first { refusal(of: origin, by: $0) == nil } ?? WorkerScope.usualPool
    }
}

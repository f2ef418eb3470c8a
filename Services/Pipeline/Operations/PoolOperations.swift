import Contracts
import PipelineLanguage

/// The pools of builders: whose jobs each of them does.
struct PoolOperations: Sendable {
    let store: PipelineStore

    /// Those that may serve a repository that they see.
    func all(as principal: Principal) async throws -> [PoolView] {
        try principal.require(.seePools)
        let visibility = principal.visibility(.seePools)
        return try await store.read { try $0.pools.all().compactMap { $0.view.seen(by: visibility) } }
    }

    func view(_ name: String, as principal: Principal) async throws -> PoolView {
        try principal.require(.seePools)
        let visibility = principal.visibility(.seePools)
        guard let view = try await store.read({ try $0.pools.find(name)?.view.seen(by: visibility) }) else {
            throw OperationError.unknown(pool: name)
        }
        return view
    }

    /// Gives a pool rules, or others in the place of those it has. They hold for jobs that no builder has yet.
    /// - Returns: whether it had none.
    func save(_ rules: PoolRules, as name: String, by principal: Principal) async throws -> Bool {
        try principal.require(.savePool)
        guard WorkerScope.isPool(name) else { throw KeptName.malformed("pool", name) }
        if let problem = Self.problem(with: rules) { throw OperationError.invalid("malformed_pool", problem) }
        return try await store.write(as: principal) { transaction in
            let known = try transaction.pools.find(name)
            try transaction.pools.save(
                Pool(name: name, rules: rules, updatedBy: principal.name, updatedAt: transaction.now))
            try transaction.audit(
                .savePool, by: principal, of: name, before: known.map { try .audited($0.rules) }, after: .audited(rules)
            )
            return known == nil
        }
    }

    /// Takes a pool's rules away: the usual one serves everybody then, others nobody.
    func remove(_ name: String, as principal: Principal) async throws {
        try principal.require(.removePool)
        try await store.write(as: principal) { transaction in
            guard let known = try transaction.pools.find(name), try transaction.pools.remove(name) else {
                throw OperationError.unknown(pool: name)
            }
            try transaction.audit(.removePool, by: principal, of: name, before: .audited(known.rules))
        }
    }

    /// What is wrong with rules, with what to write instead; `nil` where nothing is.
    static func problem(with rules: PoolRules) -> String? {
        if rules.repositories.isEmpty {
            return "a pool serves repositories such as shop/web or shop/*, and this one names none; ** is all of them"
        }
        return OriginRule(repositories: rules.repositories, refs: rules.refs, events: rules.events).problem
    }
}

extension PoolView {
    /// The pool as somebody sees it: for repositories that they may see; `nil` where it serves none of these.
    fileprivate func seen(by visibility: Visibility) -> PoolView? {
        if visibility.isAll { return self }
        var seen = self
        seen.rules.repositories = rules.repositories.filter { visibility.mayCover([$0]) }
        return seen.rules.repositories.isEmpty ? nil : seen
    }
}

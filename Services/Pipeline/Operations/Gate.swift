import Contracts

/// What each operation needs: the table that ``Operation`` is. Another entry may stand in the place of one, which is how a
/// test takes a check away and sees that it is missed.
struct RightsTable: Sendable, Equatable {
    private var replaced: [Operation: Operation.Rule] = [:]

    static let standard = RightsTable()

    subscript(operation: Operation) -> Operation.Rule {
        get { replaced[operation] ?? operation.rule }
        set { replaced[operation] = newValue }
    }
}

/// The one gate: what an entry of the ``RightsTable`` needs, beside the ``Principal``'s ``Rights``.
extension Principal {
    /// - Throws: ``OperationError``, forbidden: what this is about belongs to no repository, and is no secret.
    func require(_ operation: Operation) throws(OperationError) {
        guard may(operation) else { throw refusal(operation, nil) }
    }

    /// - Throws: ``OperationError``: forbidden where they see the repository, and as if there were none where they do not.
    func require(_ operation: Operation, in path: RepositoryPath) throws(OperationError) {
        try require(operation, throughout: RepositoryScope(.repository(path)), hidden: .unknown(path))
    }

    /// - Throws: ``OperationError``: forbidden where they see the run, and as if there were none where they do not.
    func require(_ operation: Operation, of run: RunSummary) throws(OperationError) {
        try require(operation, throughout: RepositoryScope(.repository(run.repository)), hidden: .unknown(run.id))
    }

    /// - Parameters:
    ///   - scope: in all of which they need the role, by one that they have.
    ///   - hidden: what they are told of a repository that they may not see; as if it were not registered if `nil`.
    func require(
        _ operation: Operation, throughout scope: RepositoryScope, hidden: @autoclosure () -> OperationError? = nil
    ) throws(OperationError) {
        if may(operation, throughout: scope) { return }
        if let path = scope.repository, rights.role(in: path) == nil { throw hidden() ?? .unknown(path) }
        throw refusal(operation, scope)
    }

    func may(_ operation: Operation) -> Bool {
        let rule = table[operation]
        let role: Role? =
            switch rule.place {
            case .platform: rights.platformRole
            case .anywhere, .repository: rights.highestRole
            case .own: .viewer
            case .stages: identity == .otherStage ? .administrator : nil
            }
        guard let role else { return false }
        return rule.role.map { role >= $0 } ?? true
    }

    func may(_ operation: Operation, in path: RepositoryPath) -> Bool {
        may(operation, throughout: RepositoryScope(.repository(path)))
    }

    func may(_ operation: Operation, throughout scope: RepositoryScope) -> Bool {
        let rule = table[operation]
        if rule.place == .own { return true }
        guard let role = rights.role(throughout: scope), let needed = rule.role else { return false }
        return role >= needed
    }

    /// The repositories in which they may do it.
    func visibility(_ operation: Operation) -> Visibility {
        let rule = table[operation]
        return rule.place == .own ? .all : rights.visibility(from: rule.role ?? .viewer)
    }

    private func refusal(_ operation: Operation, _ scope: RepositoryScope?) -> OperationError {
        let rule = table[operation]
        let place = (scope ?? (rule.place == .platform ? .all : nil)).map { " of \($0.text)" } ?? ""
        let needed =
            rule.role.map { "to \(rule.what) takes the role \($0.rawValue)\(place)" } ?? "nobody may \(rule.what)"
        return OperationError(
            .forbidden, "not_allowed", "\(needed), and “\(name)” \(rights.words)",
            remedy: "ask an administrator of the platform for the role")
    }
}

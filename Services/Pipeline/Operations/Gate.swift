import Contracts

/// The one gate: what an entry of ``Operation`` needs, beside the ``Principal``'s ``Rights``.
extension Principal {
    /// - Throws: ``OperationError``, forbidden: what this is about belongs to no repository, and is no secret.
    func require(_ operation: Operation) throws(OperationError) {
        guard may(operation) else { throw refusal(operation, nil) }
    }

    /// - Throws: ``OperationError``: forbidden where they see the repository, and as if there were none where they do not.
    func require(_ operation: Operation, in path: RepositoryPath) throws(OperationError) {
        try require(operation, in: .repository(path), hidden: .unknown(path))
    }

    /// - Throws: ``OperationError``: forbidden where they see the run, and as if there were none where they do not.
    func require(_ operation: Operation, of run: RunSummary) throws(OperationError) {
        try require(operation, in: .repository(run.repository), hidden: .unknown(run.id))
    }

    /// - Parameter hidden: what they are told of what they may not see.
    func require(
        _ operation: Operation, in owner: SecretOwner, hidden: @autoclosure () -> OperationError
    ) throws(OperationError) {
        let role = rights.role(in: owner)
        if let role, let needed = operation.rule.role, role >= needed { return }
        if case .repository = owner, role == nil { throw hidden() }
        throw refusal(operation, owner)
    }

    func may(_ operation: Operation) -> Bool {
        let rule = operation.rule
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
        guard let role = rights.role(in: path), let needed = operation.rule.role else { return false }
        return role >= needed
    }

    /// The repositories in which they may do it.
    func visibility(_ operation: Operation) -> Visibility { rights.visibility(from: operation.rule.role ?? .viewer) }

    private func refusal(_ operation: Operation, _ owner: SecretOwner?) -> OperationError {
        let rule = operation.rule
        let place =
            switch owner {
            case .repository(let path)?: " of \(path)"
            case .group(let group)?: " of \(group)/**"
            case .all?: " of **"
            case nil: rule.place == .platform ? " of **" : ""
            }
        let needed =
            rule.role.map { "to \(rule.what) takes the role \($0.rawValue)\(place)" } ?? "nobody may \(rule.what)"
        return OperationError(
            .forbidden, "not_allowed", "\(needed), and “\(name)” \(rights.words)",
            remedy: "ask an administrator of the platform for the role")
    }
}

import Contracts

extension Transaction {
    /// Writes into the audit log, with the change it records.
    /// - Parameters:
    ///   - subject: what it was done to.
    ///   - before: what it was; never a secret.
    ///   - after: what it is since.
    func audit(
        _ operation: Operation, by principal: Principal, of subject: String, in repository: RepositoryPath? = nil,
        run: RunID? = nil, before: JSONValue? = nil, after: JSONValue? = nil
    ) throws {
        guard principal.mark == nil || principal.mark == actor else { throw Unlooked() }
        try audits.add(
            AuditEntry(
                at: now, account: principal.name, token: principal.token, via: principal.via, origin: principal.origin,
                operation: operation.rawValue, subject: subject, repository: repository, run: run, before: before,
                after: after))
    }
}

extension Transaction {
    /// Writes into the audit log that somebody came or went.
    /// - Parameter token: the hash of the token that it is done with.
    func audit(
        _ event: AuditEvent, of account: String, token: String?, from visitor: Visitor, after: JSONValue? = nil
    ) throws {
        try audits.add(
            AuditEntry(
                at: now, account: account, token: token.flatMap { try access.token(hash: $0)?.name }, via: "session",
                origin: visitor.address, operation: event.rawValue, subject: account, after: after))
    }
}

/// A change is made as somebody of whom nobody has looked whether they still may: see `write(as:)`.
private struct Unlooked: Error {}

extension RepositoryScope {
    /// As an entry has what it is about: what a group has in common by the scope, which its administrators see; none of `**`.
    var audited: RepositoryPath? { self == .all ? nil : RepositoryPath(rawValue: text) }
}

extension JSONValue {
    /// A value as the audit log has it.
    /// - Parameter given: the names of secrets that came with it; what they are is not kept.
    static func audited(_ value: some Encodable & Sendable, given: [String] = []) throws -> JSONValue {
        let json = try JSONValue(encoding: value)
        guard !given.isEmpty, case .object(var members) = json else { return json }
        for name in given { members[name] = "given" }
        return .object(members)
    }
}

extension Principal {
    /// As what they did bears it.
    var caller: Caller { Caller(account: name, token: token) }

    /// How they came.
    fileprivate var via: String {
        switch identity {
        case .token: "token"
        case .session: "session"
        case .otherStage: "platform"
        case .administrator: "machine"
        }
    }
}

import Contracts

/// The browsers that are signed in: a person's own, and for whoever manages people everybody's.
struct SessionOperations: Sendable {
    let store: PipelineStore
    let policy: SessionPolicy

    /// A token that is limited sees the session that it began alone.
    /// - Parameter name: whose; one's own if `nil`.
    func all(of name: String?, as principal: Principal) async throws -> [SessionView] {
        try principal.require(.seeOwnAccount)
        let account = name ?? principal.name
        if account != principal.name { try principal.require(.seePeople) }
        return try await store.read { [policy] in
            try $0.sessions.all(of: account, policy, now: .now)
                .filter { Self.isMeant($0.id, of: $0.account, by: principal) }
                .map { $0.view(isCurrent: $0.id == principal.session) }
        }
    }

    /// Ends one.
    /// - Throws: ``OperationError`` where there is none, as for one of somebody else's.
    func end(_ id: String, as principal: Principal) async throws {
        try principal.require(.changeOwnAccount)
        let mayManage = principal.may(.managePeople)
        try await store.write(as: principal) { transaction in
            guard let session = try transaction.sessions.find(id: id),
                mayManage || session.account == principal.name,
                Self.isMeant(session.id, of: session.account, by: principal)
            else { throw Self.unknown(id) }
            try transaction.sessions.remove(id: id)
            try transaction.audit(
                session.account == principal.name ? .changeOwnAccount : .managePeople, by: principal,
                of: session.account, before: ["session": .string(id)])
        }
    }

    /// Of its own account's a token that is limited means that alone which it began.
    private static func isMeant(_ session: String, of account: String, by principal: Principal) -> Bool {
        account != principal.name || !principal.isLimited || session == principal.session
    }

    private static func unknown(_ id: String) -> OperationError {
        OperationError(
            .notFound, "unknown_session", "there is no session “\(id)”", remedy: "see slipway session list")
    }
}

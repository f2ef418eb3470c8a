import Contracts

/// Who did what: the audit log.
struct AuditOperations: Sendable {
    let store: PipelineStore

    /// The names that entries have.
    static let names = Set(
        Operation.allCases.filter(\.rule.isChange).map(\.rawValue) + AuditEvent.allCases.map(\.rawValue)
    )
    .subtracting([Operation.serveStages.rawValue]).sorted()

    /// The newest first; for administrators of less than `**` those of their repositories.
    /// - Parameter before: the `next` of an earlier page.
    func list(
        _ query: AuditQuery = AuditQuery(), before: Int64? = nil, limit: Int, as principal: Principal
    ) async throws -> Page<AuditView> {
        let query = try query.seen(by: principal)
        return try await store.read { try $0.audits.page(query, before: before, limit: limit) }
    }

    /// The oldest first, as an export has them.
    /// - Parameter entry: only those after it.
    func list(
        _ query: AuditQuery, after entry: Int64, limit: Int, as principal: Principal
    ) async throws -> [AuditView] {
        let query = try query.seen(by: principal)
        return try await store.read { try $0.audits.list(query, after: entry, limit: limit) }
    }
}

extension AuditQuery {
    fileprivate func seen(by principal: Principal) throws -> AuditQuery {
        try principal.require(.seeAudit)
        if let operation, !AuditOperations.names.contains(operation) {
            throw OperationError.invalid(
                "unknown_operation", "nothing in the audit log is called “\(operation)”",
                remedy: "give one of \(AuditOperations.names.joined(separator: ", "))")
        }
        var query = self
        query.visibility = principal.visibility(.seeAudit)
        return query
    }
}

import Contracts

/// Who did what: the audit log.
struct AuditOperations: Sendable {
    let store: PipelineStore

    /// The newest first; for administrators of less than `**` those of their repositories.
    /// - Parameter before: the `next` of an earlier page.
    func list(
        _ query: AuditQuery = AuditQuery(), before: Int64? = nil, limit: Int, as principal: Principal
    ) async throws -> Page<AuditView> {
        try principal.require(.seeAudit)
        var query = query
        query.visibility = principal.visibility(.seeAudit)
        return try await store.read { [query] in try $0.audits.page(query, before: before, limit: limit) }
    }
}

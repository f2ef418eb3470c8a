import Contracts

/// Who did what: the audit log.
struct AuditOperations: Sendable {
    let store: PipelineStore

    /// The newest first.
    /// - Parameter before: the `next` of an earlier page.
    func list(
        _ query: AuditQuery = AuditQuery(), before: Int64? = nil, limit: Int, as principal: Principal
    ) async throws -> Page<AuditView> {
        try principal.require(.seeAudit)
        return try await store.read { try $0.audits.page(query, before: before, limit: limit) }
    }
}

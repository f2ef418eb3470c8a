import Contracts
import Hummingbird

/// The audit log, for administrators.
struct AuditPages {
    /// Entries on one page.
    static let size = 50

    let responder: PageResponder
    let audit: AuditOperations

    func register(on router: some RouterMethods<APIContext>) {
        router.page(.get, .audit) { request, context in
            await responder.show(request, context) { principal in
                let filter = AuditFilter(request)
                do {
                    let query = try filter.query()
                    let page = try await audit.list(
                        query, before: filter.before.flatMap { Int64($0) }, limit: Self.size, as: principal)
                    return try show(page, filter, query, principal)
                } catch let error as OperationError where error.kind == .invalid {
                    return try show(Page(items: []), filter, nil, principal, problem: error)
                }
            }
        }
    }

    private func show(
        _ page: Page<AuditView>, _ filter: AuditFilter, _ query: AuditQuery?, _ principal: Principal,
        problem: OperationError? = nil
    ) throws -> Response {
        let now = Timestamp.now
        var content = filter.content(query, next: page.next)
        content["entries"] = try page.items.map { try AuditRow($0, now: now) }
        content["hasEntries"] = !page.items.isEmpty
        return responder.page("audit", "Audit log", content, section: .audit, for: principal, problem: problem)
    }
}

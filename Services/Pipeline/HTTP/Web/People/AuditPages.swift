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
                    let page = try await audit.list(
                        try filter.query(), before: filter.before.flatMap { Int64($0) }, limit: Self.size,
                        as: principal)
                    return show(page, filter, principal)
                } catch let error as OperationError where error.kind == .invalid {
                    return show(Page(items: []), filter, principal, problem: error)
                }
            }
        }
    }

    private func show(
        _ page: Page<AuditView>, _ filter: AuditFilter, _ principal: Principal, problem: OperationError? = nil
    ) -> Response {
        let now = Timestamp.now
        var content = filter.content(next: page.next)
        content["entries"] = page.items.map { AuditRow($0, now: now) }
        content["hasEntries"] = !page.items.isEmpty
        return responder.page("audit", "Audit log", content, section: .audit, for: principal, problem: problem)
    }
}

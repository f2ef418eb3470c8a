import Contracts
import Hummingbird
import Text

/// Which entries of the audit log a page shows, as its address says it.
struct AuditFilter: Sendable, Equatable {
    var account: String?
    var operation: String?
    var repository: String?
    /// The address that they came from.
    var origin: String?
    /// Days such as `2026-11-27`, of UTC; the last one is shown too.
    var from: String?
    var to: String?
    var before: String?

    init(_ request: Request) {
        func value(_ name: Substring) -> String? {
            request.uri.queryParameters[name].flatMap { $0.isEmpty ? nil : String($0) }
        }
        account = value("account")
        operation = value("operation")
        repository = value("repository")
        origin = value("origin")
        from = value("from")
        to = value("to")
        before = value("before")
    }

    /// - Throws: ``OperationError`` for what is no day.
    func query() throws(OperationError) -> AuditQuery {
        AuditQuery(
            account: account, operation: operation, repository: repository.map { RepositoryPath(rawValue: $0) },
            origin: origin,
            since: try from.map(Self.begin), until: try to.map(Self.begin)?.adding(.seconds(86_400)))
    }

    private static func begin(of day: String) throws(OperationError) -> Timestamp {
        guard let moment = Timestamp(rfc3339: "\(day)T00:00:00Z") else {
            throw .invalid("malformed_day", "“\(day)” is no day", remedy: "write one as 2026-11-27")
        }
        return moment
    }

    private func address(before: String?) -> String {
        PagePath.audit.path(query: fields + [("from", from), ("to", to), ("before", before)])
    }

    private var fields: [(String, String?)] {
        [("account", account), ("operation", operation), ("repository", repository), ("origin", origin)]
    }

    /// What the page has around its entries.
    /// - Parameter query: what is asked for; `nil` where that cannot be.
    func content(_ query: AuditQuery?, next: String?) -> [String: Any] {
        let moments = [("since", query?.since?.description), ("until", query?.until?.description)]
        let isFiltered = [account, operation, repository, origin, from, to].contains { $0 != nil }
        var content: [String: Any] = [
            "account": account ?? "", "operation": operation ?? "", "repository": repository ?? "",
            "origin": origin ?? "",
            "from": from ?? "", "to": to ?? "", "isFiltered": isFiltered, "operations": Self.operations,
            "export": PercentCoding.address(
                APIPath.auditExport.path(), query: (fields + moments).filter { $0.1?.isEmpty == false }),
            "empty": isFiltered || before != nil ? "No entry is like that." : "Nothing has been done yet.",
        ]
        if before != nil { content["newest"] = address(before: nil) }
        if let next { content["older"] = address(before: next) }
        return content
    }

    /// What entries tell of.
    private static let operations = Set(
        Operation.allCases.filter(\.rule.isChange).map(\.rawValue) + AuditEvent.allCases.map(\.rawValue)
    ).sorted()
}

import Contracts
import Hummingbird
import NIOCore

/// `/api/v1/audit`: who did what.
struct AuditRoutes {
    let audit: AuditOperations

    func add(to group: some RouterMethods<SignedInContext>) {
        group.on(.get, .audit) { request, context -> Response in
            let limit = try request.integer("limit", default: 50, in: 1...200)
            return try .json(
                try await audit.list(
                    try Self.query(of: request), before: try request.cursor(), limit: limit, as: context.principal))
        }
        group.on(.get, .auditExport) { request, context -> Response in
            let query = try Self.query(of: request)
            // Whoever may not is told before the head is.
            let first = try await audit.list(query, limit: 200, as: context.principal)
            let principal = context.principal
            let body = ResponseBody { writer in
                var page = first
                while true {
                    var lines = ByteBuffer()
                    for entry in page.items {
                        lines.writeBytes(try Wire.encode(entry))
                        lines.writeInteger(UInt8(ascii: "\n"))
                    }
                    try await writer.write(lines)
                    guard let next = page.next.flatMap({ Int64($0) }) else { break }
                    page = try await audit.list(query, before: next, limit: 200, as: principal)
                }
                try await writer.finish(nil)
            }
            return Response(
                status: .ok, headers: [.contentType: "application/x-ndjson", .cacheControl: "no-store"], body: body)
        }
    }

    private static func query(of request: Request) throws -> AuditQuery {
        func text(_ name: Substring) -> String? { request.uri.queryParameters[name].map(String.init) }
        func moment(_ name: Substring) throws -> Timestamp? {
            try text(name).map { text in
                guard let moment = Timestamp(rfc3339: text) else {
                    throw OperationError.invalid(
                        "malformed_query", "\(name)=\(text) is no moment such as 2026-11-27T00:00:00Z")
                }
                return moment
            }
        }
        return AuditQuery(
            account: text("account"), operation: text("operation"),
            repository: text("repository").map { RepositoryPath(rawValue: $0) }, since: try moment("since"),
            until: try moment("until"))
    }
}

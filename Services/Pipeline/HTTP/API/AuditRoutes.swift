import Contracts
import Hummingbird
import NIOCore

/// `/api/v1/audit`: who did what.
struct AuditRoutes {
    let audit: AuditOperations
    let sessions: BrowserSessions

    func add(to group: some RouterMethods<SignedInContext>) {
        group.on(.get, .audit) { request, context -> Response in
            let limit = try request.integer("limit", default: 50, in: 1...200)
            return try .json(
                try await audit.list(
                    try Self.query(of: request), before: try request.cursor(), limit: limit, as: context.principal))
        }
        group.on(.get, .auditExport) { request, context -> Response in
            let export = AuditExport(
                audit: audit, query: try Self.query(of: request), principal: context.principal,
                mayGoOn: sessions.admission(of: request, from: context.client, as: context.principal))
            let start = Int64(try request.integer("after", default: 0, in: 0...Int.max))
            // Whoever may not is told before the head is.
            return Response(
                status: .ok, headers: [.contentType: "application/x-ndjson", .cacheControl: "no-store"],
                body: export.body(from: try await export.page(after: start)))
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
            repository: text("repository").map { RepositoryPath(rawValue: $0) }, origin: text("origin"),
            since: try moment("since"), until: try moment("until"))
    }
}

/// Entries as JSON lines, the oldest first. A page at a time is read, and the next one once its reader has taken that.
struct AuditExport: Sendable {
    let audit: AuditOperations
    let query: AuditQuery
    let principal: Principal
    /// Whether who asks may still do the same.
    let mayGoOn: @Sendable () async throws -> Bool

    private static let pageSize = 200

    func page(after entry: Int64) async throws -> [AuditView] {
        try await audit.list(query, after: entry, limit: Self.pageSize, as: principal)
    }

    func body(from first: [AuditView]) -> ResponseBody {
        ResponseBody { writer in
            var page = first
            while let last = page.last {
                var lines = ByteBuffer()
                for entry in page {
                    lines.writeBytes(try Wire.encode(entry))
                    lines.writeInteger(UInt8(ascii: "\n"))
                }
                try await writer.write(lines)
                if page.count < Self.pageSize { break }
                // The connection breaks, so that what was read is not taken for all.
                guard try await mayGoOn() else { throw Access.notSignedIn }
                page = try await self.page(after: last.id)
            }
            try await writer.finish(nil)
        }
    }
}

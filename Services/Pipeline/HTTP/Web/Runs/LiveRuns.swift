import Contracts
import Hummingbird
import Synchronization
import WebServer

/// Keeps a list of runs live: tells a page the rows that changed and the order they now have.
final class LiveRuns: Sendable {
    private let pages: RunPages
    private let filter: RunFilter
    private let principal: Principal
    private let shown = Mutex<[RunSummary]>([])

    init(pages: RunPages, filter: RunFilter, principal: Principal) {
        self.pages = pages
        self.filter = filter
        self.principal = principal
    }

    private struct Change: Encodable {
        /// The ids of all rows, the newest first.
        var order: [String]
        /// The markup of those that are new or other than before.
        var rows: [String: String]
    }

    func response(to request: Request, from client: Client) async throws -> Response {
        let watch = try await pages.operations.runs.changes(of: nil, as: principal)
        let admission = pages.responder.sessions.admission(of: request, from: client, as: principal)
        return EventStream.response(to: request, watch, pause: .milliseconds(200), while: admission) {
            try await self.next()
        }
    }

    private func next() async throws -> [EventStream.Event] {
        let page = try await pages.operations.runs.list(
            filter.query, before: filter.before.flatMap(Int64.init), limit: RunPages.pageSize, as: principal)
        let before = shown.withLock { shown in
            defer { shown = page.items }
            return Dictionary(shown.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        }
        let changed = page.items.filter { before[$0.id] != $0 }
        guard !changed.isEmpty || before.count != page.items.count else { return [] }
        let now = Timestamp.now
        let change = Change(
            order: page.items.map(\.id.rawValue),
            rows: Dictionary(
                changed.map { ($0.id.rawValue, pages.responder.templates.part("run-row", RunRow($0, now: now))) },
                uniquingKeysWith: { first, _ in first }))
        return [try .init(change, name: "runs")]
    }
}

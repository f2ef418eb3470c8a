import Contracts
import Hummingbird
import Synchronization
import WebServer

/// Keeps a list of runs live: tells a page the rows that changed and the order they now have.
final class LiveRuns: Sendable {
    private let pages: RunPages
    private let filter: RunFilter
    private let principal: Principal
    private let shown = Mutex<LivePage?>(nil)

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

    func response(to request: Request, from client: Client) -> Response {
        let watch = pages.operations.runs.changes(in: filter.query, as: principal)
        let admission = pages.responder.sessions.admission(of: request, from: client, as: principal)
        return EventStream.response(to: request, watch, pause: .milliseconds(200), while: admission) {
            try await self.next(watch.take().runs)
        }
    }

    private func next(_ changed: Set<RunID>) async throws -> [EventStream.Event] {
        let last = shown.withLock { $0 }
        if last != nil, changed.isEmpty { return [] }
        let items = try await page(last, changed).runs.map(\.summary)
        let before = Dictionary(
            (last?.runs ?? []).map { ($0.summary.id, $0.summary) }, uniquingKeysWith: { first, _ in first })
        let changed = items.filter { before[$0.id] != $0 }
        guard !changed.isEmpty || before.count != items.count else { return [] }
        let now = Timestamp.now
        let change = Change(
            order: items.map(\.id.rawValue),
            rows: Dictionary(
                changed.map { ($0.id.rawValue, pages.responder.templates.part("run-row", RunRow($0, now: now))) },
                uniquingKeysWith: { first, _ in first }))
        return [try .init(change, name: "runs")]
    }

    private func page(_ last: LivePage?, _ changed: Set<RunID>) async throws -> LivePage {
        let page = try await pages.operations.runs.livePage(
            filter.query, before: filter.before, limit: RunPages.pageSize, from: last,
            with: changed, as: principal)
        shown.withLock { $0 = page }
        return page
    }
}

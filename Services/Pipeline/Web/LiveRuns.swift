import Contracts
import Hummingbird
import Synchronization

/// Keeps a list of runs live: tells a page the rows that changed and the order they now have.
final class LiveRuns: Sendable {
    private let routes: WebRoutes
    private let filter: RunFilter
    private let shown = Mutex<[RunSummary]>([])

    init(routes: WebRoutes, filter: RunFilter) {
        self.routes = routes
        self.filter = filter
    }

    private struct Change: Encodable {
        /// The ids of all rows, the newest first.
        var order: [String]
        /// The markup of those that are new or other than before.
        var rows: [String: String]
    }

    func response() -> Response {
        LiveStream.response(routes.model.changes(of: nil), pause: .milliseconds(200)) { try await self.next() }
    }

    private func next() async throws -> [LiveStream.Event]? {
        let page = try await routes.model.runs(
            repository: filter.repository, state: filter.state, before: filter.before, limit: WebRoutes.pageSize)
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
                changed.map { ($0.id.rawValue, routes.pages.part("run-row", RunRow($0, now: now))) },
                uniquingKeysWith: { first, _ in first }))
        return [.init(name: "runs", data: String(decoding: try Wire.encode(change), as: UTF8.self))]
    }
}

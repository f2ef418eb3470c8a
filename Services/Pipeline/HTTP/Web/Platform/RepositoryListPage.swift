import Contracts
import Hummingbird

/// Which repositories a list shows, as its address says it.
struct RepositoryListPage {
    /// Repositories on one page.
    static let size = 50

    /// What their paths have in them; `nil` for all.
    let text: String?
    /// How many are before the first one.
    let offset: Int

    init(_ request: Request) {
        text = request.uri.queryParameters["q"].flatMap { $0.isEmpty ? nil : String($0) }
        offset = request.uri.queryParameters["from"].flatMap { Int($0) }.map { max(0, min($0, 1 << 30)) } ?? 0
    }

    func matches(_ view: DiscoveredRepositoryView) -> Bool {
        text.map { view.path.rawValue.lowercased().contains($0.lowercased()) } ?? true
    }

    private func address(from offset: Int) -> String {
        PagePath.repositories.path(query: [("q", text), ("from", offset > 0 ? "\(offset)" : nil)])
    }

    /// What the list's page has around its rows.
    func content(shown: Int, of count: Int) -> [String: Any] {
        var content: [String: Any] = [
            "text": text ?? "", "hasRepositories": shown > 0, "isEmpty": count == 0 && text == nil,
            "isUnknown": count == 0 && text != nil, "isSearchable": count > Self.size || text != nil,
        ]
        if shown > 0, count > shown || text != nil {
            content["count"] = shown < count ? "\(offset + 1) to \(offset + shown) of \(count)" : "\(count) found"
        }
        if offset > 0 { content["previous"] = address(from: max(0, offset - Self.size)) }
        if offset + shown < count, shown > 0 { content["next"] = address(from: offset + shown) }
        return content
    }
}

import Contracts
import Hummingbird

/// Which part of a list a page shows, as its address says it: what is looked for, and how many are before the first one.
struct ListPage {
    let path: PagePath
    /// As many are on one page.
    let size: Int
    /// What they have in them; `nil` for all.
    let text: String?
    let offset: Int

    init(_ path: PagePath, size: Int = 50, of request: Request) {
        self.path = path
        self.size = size
        text = request.uri.queryParameters["q"].flatMap { $0.isEmpty ? nil : String($0) }
        offset = request.uri.queryParameters["from"].flatMap { Int($0) }.map { max(0, min($0, 1 << 30)) } ?? 0
    }

    /// The first page of all.
    init(_ path: PagePath, size: Int = 50) {
        self.path = path
        self.size = size
        text = nil
        offset = 0
    }

    /// Whether one of the texts has what is looked for in it.
    func matches(_ texts: [String]) -> Bool {
        text.map { wanted in texts.contains { $0.lowercased().contains(wanted.lowercased()) } } ?? true
    }

    /// Those on this page of the ones that match, and how many match.
    func part<Item>(of items: [Item], _ texts: (Item) -> [String]) -> (items: [Item], count: Int) {
        let found = items.filter { matches(texts($0)) }
        return (Array(found.dropFirst(offset).prefix(size)), found.count)
    }

    private func address(from offset: Int) -> String {
        path.path(query: [("q", text), ("from", offset > 0 ? "\(offset)" : nil)])
    }

    /// What the list's page has around its rows.
    func content(shown: Int, of count: Int) -> [String: Any] {
        var content: [String: Any] = [
            "text": text ?? "", "listPath": path.path(), "hasItems": shown > 0, "isEmpty": count == 0 && text == nil,
            "isUnknown": count == 0 && text != nil, "isSearchable": count > size || text != nil,
        ]
        if shown > 0, count > shown || text != nil {
            content["count"] = shown < count ? "\(offset + 1) to \(offset + shown) of \(count)" : "\(count) found"
        }
        if offset > 0 { content["previous"] = address(from: max(0, offset - size)) }
        if offset + shown < count, shown > 0 { content["next"] = address(from: offset + shown) }
        return content
    }
}

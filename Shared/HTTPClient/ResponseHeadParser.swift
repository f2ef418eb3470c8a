/// Puts the head of an answer together from the lines libcurl gives: those of interim answers (100, 103) and of followed
/// redirects come first, those of trailers last, and neither is what the caller asked for.
struct ResponseHeadParser {
    struct Head: Sendable, Hashable {
        var status: Int
        var headers: HTTPHeaders
    }

    enum Step: Equatable {
        case more
        case complete(Head)
        case tooLarge
        case malformed
    }

    /// Whether an answer that redirects is passed over because libcurl goes on to its target.
    let followsRedirects: Bool
    /// The most one head may measure, in bytes.
    let limit: Int
    private var head: Head?
    private var size = 0
    private var done = false

    init(followsRedirects: Bool, limit: Int) {
        self.followsRedirects = followsRedirects
        self.limit = limit
    }

    /// Takes one line with its line end.
    mutating func take(_ line: some Collection<UInt8>) -> Step {
        if done { return .more }
        let text = Array(line)[...].trimmed
        if text.starts(with: "HTTP/".utf8) { size = 0 }
        size += line.count
        guard size <= limit else { return .tooLarge }
        if text.isEmpty { return finish() }
        if text.starts(with: "HTTP/".utf8) {
            let parts = String(decoding: text, as: UTF8.self).split(separator: " ", maxSplits: 2)
            guard parts.count > 1, let status = Int(parts[1]), (100...999).contains(status) else { return .malformed }
            head = Head(status: status, headers: [:])
            return .more
        }
        guard head != nil, let colon = text.firstIndex(of: UInt8(ascii: ":")) else { return .malformed }
        let name = String(decoding: text[..<colon], as: UTF8.self)
        let value = String(decoding: text[(colon + 1)...].trimmed, as: UTF8.self)
        head?.headers.add(name, value)
        return .more
    }

    private mutating func finish() -> Step {
        guard let complete = head else { return .malformed }
        if (100...199).contains(complete.status) {
            head = nil
            return .more
        }
        if followsRedirects, (300...399).contains(complete.status), complete.headers["Location"] != nil {
            head = nil
            return .more
        }
        done = true
        return .complete(complete)
    }
}

extension ArraySlice<UInt8> {
    fileprivate var trimmed: ArraySlice<UInt8> {
        var view = self
        while let first = view.first, first == 32 || first == 9 { view = view.dropFirst() }
        while let last = view.last, [32, 9, 10, 13].contains(last) { view = view.dropLast() }
        return view
    }
}

import Text

/// A commit as its object says.
public struct CommitDetails: Sendable, Hashable {
    public var sha: String
    /// Subject and body, valid UTF-8, 64 KiB at most.
    public var message: String
    public var authorName: String
    public var authorEmail: String
    /// Seconds since 1970.
    public var committedAt: Int64

    /// The encoding its author named in its header, where that is not UTF-8.
    static func encoding(of object: some Collection<UInt8>) -> String? {
        for line in object.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            if line.isEmpty { break }
            guard line.starts(with: "encoding ".utf8) else { continue }
            let name = String(decoding: line.dropFirst("encoding ".utf8.count), as: UTF8.self)
            return ["utf-8", "utf8"].contains(name.lowercased()) ? nil : name
        }
        return nil
    }

    /// - Parameter object: in UTF-8; other bytes become replacement characters.
    /// - Throws: ``GitError/Code/failed`` where it is no commit object.
    init(sha: String, object: some BidirectionalCollection<UInt8>) throws(GitError) {
        self.sha = sha
        var author: (name: String, email: String, time: Int64)?
        var committer: (name: String, email: String, time: Int64)?
        var rest = object[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")), end != rest.startIndex {
            let line = rest[..<end]
            rest = rest[rest.index(after: end)...]
            if line.starts(with: "author ".utf8) { author = Self.person(line.dropFirst(7)) }
            if line.starts(with: "committer ".utf8) { committer = Self.person(line.dropFirst(10)) }
        }
        guard let author, let committer else { throw GitError(.failed, "\(sha) is not a commit") }
        authorName = author.name
        authorEmail = author.email
        committedAt = committer.time
        let text = UTF8Boundary.prefix(rest.dropFirst(), bytes: 64 * 1024)
        message = String(text.reversed().drop { $0.isNewline }.reversed())
    }

    /// `Ada <ada@example.org> 1700000000 +0100`
    private static func person(_ line: some Collection<UInt8>) -> (name: String, email: String, time: Int64)? {
        let text = String(decoding: line, as: UTF8.self)
        guard let open = text.lastIndex(of: "<"), let close = text.lastIndex(of: ">"), open < close else { return nil }
        let name = text[..<open].trimmingSuffix { $0 == " " }
        let time = text[text.index(after: close)...].split(separator: " ").first.flatMap { Int64($0) } ?? 0
        return (String(name), String(text[text.index(after: open)..<close]), time)
    }
}

extension Substring {
    fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> Substring {
        var text = self
        while let last = text.last, predicate(last) { text.removeLast() }
        return text
    }
}

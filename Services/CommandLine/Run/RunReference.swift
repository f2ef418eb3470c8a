import Contracts

/// How a person names a run.
enum RunReference: Sendable, Equatable {
    /// `latest`: the newest run of all repositories.
    case latest
    /// `shop/web` or `shop/web#latest`: the newest run of a repository.
    case newest(RepositoryPath)
    /// `shop/web#12`
    case numbered(RepositoryPath, Int)
    /// An id or the beginning of one.
    case id(String)

    static let forms = "write it as shop/web#12, as its id or the beginning of it, as shop/web, or as latest"

    init(_ text: String) throws {
        if text == "latest" {
            self = .latest
        } else if let mark = text.lastIndex(of: "#") {
            let path = RepositoryPath(rawValue: String(text[..<mark]))
            let number = text[text.index(after: mark)...]
            if let problem = path.problem { throw CommandError(problem, remedy: Self.forms, isUsage: true) }
            if number == "latest" {
                self = .newest(path)
            } else if let number = Int(number), number > 0 {
                self = .numbered(path, number)
            } else {
                throw CommandError(
                    "“\(number)” is not a run number: runs are numbered from 1", remedy: Self.forms, isUsage: true)
            }
        } else if text.contains("/") {
            let path = RepositoryPath(rawValue: text)
            if let problem = path.problem { throw CommandError(problem, remedy: Self.forms, isUsage: true) }
            self = .newest(path)
        } else {
            let id = text.lowercased()
            guard (4...26).contains(id.utf8.count), id.utf8.allSatisfy(Self.isIdentifierDigit) else {
                throw CommandError("“\(text)” does not name a run", remedy: Self.forms, isUsage: true)
            }
            self = .id(id)
        }
    }

    /// Crockford's base 32, which has no i, l, o and u.
    private static func isIdentifierDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "i"), UInt8(ascii: "l"), UInt8(ascii: "o"), UInt8(ascii: "u"): false
        case UInt8(ascii: "a")...UInt8(ascii: "z"): true
        default: false
        }
    }
}

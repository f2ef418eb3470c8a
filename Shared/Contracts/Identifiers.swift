import Text

/// The name of one thing, typed so that a job's is not taken for a run's. In JSON it is its text.
public protocol Identifier: RawRepresentable<String>, Codable, Hashable, Sendable, Comparable, CustomStringConvertible {
    init(rawValue: String)
}

extension Identifier {
    public var description: String { rawValue }

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    /// A new identifier: 26 characters of Crockford's base 32, 48 bits of time before 80 random bits, so that
    /// identifiers sort by the moment they were made.
    public static func make(at moment: Timestamp = .now) -> Self {
        var generator = SystemRandomNumberGenerator()
        let time = UInt64(max(0, moment.milliseconds)) & 0xFFFF_FFFF_FFFF
        let high = UInt16.random(in: .min ... .max, using: &generator)
        let low = UInt64.random(in: .min ... .max, using: &generator)
        var value = (UInt128(time) << 80) | (UInt128(high) << 64) | UInt128(low)
        let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
        var text = [UInt8](repeating: 0, count: 26)
        for position in stride(from: 25, through: 0, by: -1) {
            text[position] = alphabet[Int(truncatingIfNeeded: value & 31)]
            value >>= 5
        }
        return Self(rawValue: String(decoding: text, as: UTF8.self))
    }
}

/// One message; stable across resends, so that a consumer can tell a repeat. It has 255 bytes at most, as AMQP allows:
/// one that is made of longer names, such as a step's, is shortened.
public struct MessageID: Identifier {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = ShortName.fit(rawValue) }
}

/// One execution of a process.
public struct RunID: Identifier {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// One unit of work of a run, given to one worker at a time.
public struct JobID: Identifier {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// A repository's path on its server, such as `shop/web`.
public struct RepositoryPath: Identifier {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Why this is no repository path, or `nil` if it is one: 1 to 255 characters in segments of letters, digits,
    /// `.`, `_` and `-`, none of which is `.` or `..` or ends in `.git` or `.lock`.
    public var problem: String? {
        let path = rawValue.utf8Span.span
        guard (1...255).contains(path.count) else { return "a repository path has 1 to 255 characters" }
        var start = 0
        for end in 0...path.count where end == path.count || path[end] == UInt8(ascii: "/") {
            guard Self.isName(path.extracting(start..<end)) else {
                return "“\(rawValue)” is not a repository path such as shop/web"
            }
            start = end + 1
        }
        return nil
    }

    private static func isName(_ segment: Span<UInt8>) -> Bool {
        guard segment.count > 0, segment[0] != UInt8(ascii: "-") else { return false }
        for index in segment.indices {
            switch segment[index] {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                continue
            default:
                return false
            }
        }
        return !(segment.count == 1 && ends(segment, in: ".")) && !(segment.count == 2 && ends(segment, in: ".."))
            && !ends(segment, in: ".git") && !ends(segment, in: ".lock")
    }

    private static func ends(_ segment: Span<UInt8>, in suffix: StaticString) -> Bool {
        suffix.withUTF8Buffer { suffix in
            guard segment.count >= suffix.count else { return false }
            let start = segment.count - suffix.count
            return suffix.indices.allSatisfy { segment[start + $0] == suffix[$0] }
        }
    }
}

/// A value sealed with AES-GCM: `v2.<key id>.<what it is bound to, base64url>.<base64url of nonce, ciphertext and tag>`.
public struct SealedSecret: Identifier {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    /// Sealed or not, a secret is not for a log.
    public var description: String { "<sealed>" }
}

import Yams

/// Finds documents that would keep the YAML library busy for ever, or for the square of their size.
///
/// It hashes every key of a mapping to find duplicates. A key that is an alias, or a list or mapping of aliases, is
/// hashed with all that is behind it, which a few lines of nested aliases make endless; no limit of ours is asked
/// before. Such keys make no sense in a pipeline. Whether a document has one says the library itself: a copy in which
/// each alias is a text has the same structure and nothing that is hashed for long.
enum YAMLGuard {
    private static let mostAliases = 12
    /// Every `%TAG` is held against every other.
    private static let mostDirectives = 64
    /// Stands for the `*` of an alias. A text may begin with it, and none does.
    private static let mask: Unicode.Scalar = "\u{F0000}"

    static func hasManyDirectives(_ text: String) -> Bool {
        var count = 0
        var previous = UInt8(ascii: "\n")
        for byte in text.utf8 {
            if byte == UInt8(ascii: "%"), previous == UInt8(ascii: "\n") || previous == UInt8(ascii: "\r") {
                count += 1
            }
            previous = byte
        }
        return count > mostDirectives
    }

    /// The text with texts in the place of aliases, or `nil` where it has few of them.
    static func withoutAliases(_ text: String) -> String? {
        var stars = 0
        var previous = UInt8(ascii: "\n")
        var masked: [UInt8] = []
        masked.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            if byte == UInt8(ascii: "*"), mayBeAlias(after: previous) {
                stars += 1
                masked += Array(String(mask).utf8)
            } else {
                masked.append(byte)
            }
            previous = byte
        }
        return stars > mostAliases ? String(decoding: masked, as: UTF8.self) : nil
    }

    /// Behind these a text or a tag goes on.
    private static func mayBeAlias(after byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "!"), UInt8(ascii: "/"), UInt8(ascii: "."),
            UInt8(ascii: "_"), UInt8(ascii: "*"):
            false
        default: true
        }
    }

    /// Where a key is or has an alias, in the documents of a text ``withoutAliases(_:)``.
    ///
    /// Between brackets `*a:1` is a key and its value, and the text in the place of the alias goes on to the end: that
    /// one is told by its colon, which no alias has in its name.
    static func aliasInKey(of nodes: [Node], isKey: Bool = false) -> Mark? {
        for node in nodes {
            switch node {
            case .scalar(let scalar):
                let text = scalar.string.unicodeScalars
                guard scalar.style == .plain, text.first == mask else { break }
                if isKey || text.contains(":") { return node.mark }
            case .sequence(let sequence):
                if let place = aliasInKey(of: Array(sequence), isKey: isKey) { return place }
            case .mapping(let mapping):
                if let place = aliasInKey(of: mapping.map(\.key), isKey: true) { return place }
                if let place = aliasInKey(of: mapping.map(\.value), isKey: isKey) { return place }
            case .alias: break
            }
        }
        return nil
    }
}

/// Takes a text apart. What is no expression (`$HOME`, `${!x}`, a brace that is never closed) stays as it is written.
struct ExpressionParser {
    /// How deep expressions may nest; what is deeper stays as it is written.
    static let deepestNesting = 8

    private let bytes: [UInt8]
    private var position = 0
    /// Every brace that is never closed is read again for each one around it; this ends that early.
    private var work: Int

    init(_ text: String) {
        bytes = Array(text.utf8)
        work = 16 * bytes.count + 1024
    }

    /// The pieces of a whole text.
    static func pieces(of text: String) -> [Piece] {
        guard text.utf8.contains(UInt8(ascii: "$")) else { return text.isEmpty ? [] : [.literal(text)] }
        var parser = ExpressionParser(text)
        return parser.parse(.text, until: [], depth: 0)
    }

    /// What a text is part of, which decides what a backslash means in it.
    private enum Part {
        /// Not in an expression: it means nothing.
        case text
        /// A default and the like, or a number: before the end it takes the end's meaning away.
        case word
        /// It stays, with what follows: patterns have their own use for it.
        case pattern
        /// It stands for the `/`, `\\` or `}` that follows.
        case replacement
    }

    /// Reads up to one of the bytes (or the end), which is left in place.
    private mutating func parse(_ part: Part, until ends: [UInt8], depth: Int) -> [Piece] {
        var pieces: [Piece] = []
        var literal: [UInt8] = []
        func flush() {
            if !literal.isEmpty { pieces.append(.literal(String(decoding: literal, as: UTF8.self))) }
            literal.removeAll(keepingCapacity: true)
        }
        while position < bytes.count {
            let byte = bytes[position]
            work -= 1
            if ends.contains(byte) { break }
            if byte == UInt8(ascii: "\\"), let quoted = quoted(part, ends) {
                literal += quoted
                position += 2
            } else if byte == UInt8(ascii: "$"), follows("$$") {
                flush()
                pieces.append(.escape)
                position += 2
            } else if byte == UInt8(ascii: "$"), follows("${"), depth < Self.deepestNesting, work > 0 {
                let start = position
                if let expression = parseExpression(depth: depth + 1) {
                    flush()
                    let source = String(decoding: bytes[start..<position], as: UTF8.self)
                    pieces.append(.expression(expression, source: source))
                } else {
                    position = start + 2
                    literal += [UInt8(ascii: "$"), UInt8(ascii: "{")]
                }
            } else {
                literal.append(byte)
                position += 1
            }
        }
        flush()
        return pieces
    }

    /// What a backslash and the byte behind it stand for; `nil` where the backslash is a character like any other.
    private func quoted(_ part: Part, _ ends: [UInt8]) -> [UInt8]? {
        guard position + 1 < bytes.count else { return nil }
        let next = bytes[position + 1]
        let backslash = UInt8(ascii: "\\")
        switch part {
        case .text: return nil
        case .word:
            // Two of them stay two, so that `${x:-a\\}` ends where it ends in Drone.
            if next == backslash { return [backslash, backslash] }
            return ends.contains(next) ? [next] : nil
        case .pattern: return next < 0x80 && next != UInt8(ascii: "$") ? [backslash, next] : nil
        case .replacement:
            return next == backslash || next == UInt8(ascii: "/") || next == UInt8(ascii: "}") ? [next] : nil
        }
    }

    private func follows(_ text: StaticString) -> Bool {
        guard position + text.utf8CodeUnitCount <= bytes.count else { return false }
        return text.withUTF8Buffer { bytes[position..<position + $0.count].elementsEqual($0) }
    }

    /// Reads `${…}`; on `nil` the position is anywhere.
    private mutating func parseExpression(depth: Int) -> Expression? {
        position += 2
        if take("#") {
            guard let name = parseName(), take("}") else { return nil }
            return Expression(name: name, operation: .length)
        }
        guard let name = parseName(), let operation = parseOperation(depth: depth), take("}") else { return nil }
        return Expression(name: name, operation: operation)
    }

    /// A shell's name, or a dotted one, whose later parts may have hyphens (`steps.build-image.digest`).
    private mutating func parseName() -> String? {
        let start = position
        var isDotted = false
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): break
            case UInt8(ascii: "0")...UInt8(ascii: "9") where position > start: break
            case UInt8(ascii: ".") where position > start: isDotted = true
            case UInt8(ascii: "-") where isDotted: break
            default: return position > start ? String(decoding: bytes[start..<position], as: UTF8.self) : nil
            }
            position += 1
        }
        return nil
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: scalar) else { return false }
        position += 1
        return true
    }

    private mutating func parseOperation(depth: Int) -> Expression.Operation? {
        let end = [UInt8(ascii: "}")]
        guard position < bytes.count else { return nil }
        switch bytes[position] {
        case UInt8(ascii: "}"): return .value
        case UInt8(ascii: "^"):
            position += 1
            return .uppercase(all: take("^"))
        case UInt8(ascii: ","):
            position += 1
            return .lowercase(all: take(","))
        case UInt8(ascii: "#"):
            position += 1
            let longest = take("#")
            return .removePrefix(parse(.pattern, until: end, depth: depth), longest: longest)
        case UInt8(ascii: "%"):
            position += 1
            let longest = take("%")
            return .removeSuffix(parse(.pattern, until: end, depth: depth), longest: longest)
        case UInt8(ascii: "/"): return parseReplacement(depth: depth)
        case UInt8(ascii: ":"):
            position += 1
            return parseWord(ifEmpty: true, depth: depth) ?? parseSubstring(depth: depth)
        default: return parseWord(ifEmpty: false, depth: depth)
        }
    }

    private mutating func parseWord(ifEmpty: Bool, depth: Int) -> Expression.Operation? {
        guard position < bytes.count else { return nil }
        let byte = bytes[position]
        guard [UInt8(ascii: "-"), UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "?")].contains(byte) else {
            return nil
        }
        position += 1
        let word = parse(.word, until: [UInt8(ascii: "}")], depth: depth)
        switch byte {
        case UInt8(ascii: "+"): return .alternative(word, ifEmpty: ifEmpty)
        case UInt8(ascii: "?"): return .required(word, ifEmpty: ifEmpty)
        default: return .standard(word, ifEmpty: ifEmpty)
        }
    }

    private mutating func parseSubstring(depth: Int) -> Expression.Operation {
        let ends = [UInt8(ascii: ":"), UInt8(ascii: "}")]
        let offset = parse(.word, until: ends, depth: depth)
        guard take(":") else { return .substring(offset: offset, length: nil) }
        return .substring(offset: offset, length: parse(.word, until: [UInt8(ascii: "}")], depth: depth))
    }

    private mutating func parseReplacement(depth: Int) -> Expression.Operation? {
        position += 1
        var place = Expression.Place.first
        if take("/") {
            place = .all
        } else if take("#") {
            place = .prefix
        } else if take("%") {
            place = .suffix
        }
        let pattern = parse(.pattern, until: [UInt8(ascii: "/"), UInt8(ascii: "}")], depth: depth)
        guard position < bytes.count else { return nil }
        let replacement = take("/") ? parse(.replacement, until: [UInt8(ascii: "}")], depth: depth) : []
        return .replace(pattern, by: replacement, place)
    }
}

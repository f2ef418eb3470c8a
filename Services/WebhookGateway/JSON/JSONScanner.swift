import Glibc
import Text

/// Steps through JSON without building it: wanted members are read, others passed over. A hook's body is mostly what
/// nobody asks for, and decoding all of it takes longer than everything else the gateway does with it.
///
/// What is stepped over is followed closely enough to find its end (texts, nesting), not checked in every detail.
struct JSONScanner {
    private let bytes: [UInt8]
    private var position = 0

    /// Deeper than any hook, far from what would matter.
    private static let depthLimit = 128

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The name of a member, compared without making a text of it.
    struct Key {
        fileprivate let bytes: ArraySlice<UInt8>

        static func ~= (name: StaticString, key: Key) -> Bool { key == name }

        static func == (key: Key, name: StaticString) -> Bool {
            let length = name.utf8CodeUnitCount
            guard key.bytes.count == length else { return false }
            return name.withUTF8Buffer { name in
                key.bytes.withUnsafeBytes { key in
                    guard let key = key.baseAddress, let name = name.baseAddress else { return true }
                    return memcmp(key, name, length) == 0
                }
            }
        }
    }

    // MARK: Structure

    /// Calls `member` for each member of the object that begins here; it has to read or skip the value.
    mutating func object(
        _ member: (Key, inout JSONScanner) throws(JSONScanError) -> Void
    ) throws(JSONScanError) {
        try expect(UInt8(ascii: "{"), "an object")
        if try peek() == UInt8(ascii: "}") {
            position += 1
            return
        }
        while true {
            guard try peek() == UInt8(ascii: "\"") else { throw error("the name of a member is missing") }
            let start = position + 1
            _ = try skipString()
            let key = Key(bytes: bytes[start..<(position - 1)])
            try expect(UInt8(ascii: ":"), "“:”")
            _ = try peek()
            try member(key, &self)
            switch try peek() {
            case UInt8(ascii: ","):
                position += 1
                _ = try peek()
            case UInt8(ascii: "}"):
                position += 1
                return
            default:
                throw error("“,” or “}” is missing")
            }
        }
    }

    /// Whether an object begins here.
    mutating func startsObject() throws(JSONScanError) -> Bool { try peek() == UInt8(ascii: "{") }

    /// Nothing but white space may follow.
    mutating func end() throws(JSONScanError) {
        skipSpace()
        guard position == bytes.count else { throw error("something follows the document") }
    }

    // MARK: Values

    /// The text here; `nil` for `null` and for a value of another kind, which is stepped over.
    mutating func optionalString() throws(JSONScanError) -> String? {
        guard try peek() == UInt8(ascii: "\"") else {
            try skip()
            return nil
        }
        let start = position + 1
        let escaped = try skipString()
        let range = start..<(position - 1)
        return escaped ? try unescape(bytes[range]) : try text(bytes.span.extracting(range))
    }

    /// The whole number here; `nil` for any other value, which is stepped over.
    mutating func optionalInteger() throws(JSONScanError) -> Int? {
        _ = try peek()
        let start = position
        try skip()
        return Int(try text(bytes.span.extracting(start..<position)))
    }

    /// Whether `true` is here; any other value is stepped over.
    mutating func isTrue() throws(JSONScanError) -> Bool {
        let found = try peek() == UInt8(ascii: "t")
        try skip()
        return found
    }

    /// Steps over the value here.
    mutating func skip() throws(JSONScanError) {
        var depth = 0
        repeat {
            switch try peek() {
            case UInt8(ascii: "\""):
                _ = try skipString()
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                guard depth <= Self.depthLimit else { throw error("it is nested more than \(Self.depthLimit) deep") }
                position += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                guard depth >= 0 else { throw error("a value is missing") }
                position += 1
            case UInt8(ascii: ","), UInt8(ascii: ":"):
                guard depth > 0 else { throw error("a value is missing") }
                position += 1
            default:
                try skipWord()
            }
        } while depth > 0
    }

    /// A number, `true`, `false` or `null`.
    private mutating func skipWord() throws(JSONScanError) {
        let start = position
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"),
                UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "E"):
                position += 1
            default:
                guard position > start else { throw error("a value is missing") }
                return
            }
        }
    }

    /// Steps over the text here and says whether it has escapes.
    private mutating func skipString() throws(JSONScanError) -> Bool {
        var escaped = false
        var index = position + 1
        var quote = find(UInt8(ascii: "\""), from: index, to: bytes.count)
        while let end = quote {
            guard let escape = find(UInt8(ascii: "\\"), from: index, to: end) else {
                position = end + 1
                return escaped
            }
            escaped = true
            index = escape + 2
            // The quote may be what is escaped.
            if index > end { quote = find(UInt8(ascii: "\""), from: index, to: bytes.count) }
        }
        position = bytes.count
        throw error("a text does not end")
    }

    /// A body is mostly text, and the C library looks at many bytes at a time.
    private func find(_ byte: UInt8, from start: Int, to end: Int) -> Int? {
        guard start < end else { return nil }
        return bytes.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress, let found = memchr(base + start, Int32(byte), end - start) else {
                return nil
            }
            return UnsafeRawPointer(found) - base
        }
    }

    // MARK: Bytes

    @inline(__always)
    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"): position += 1
            default: return
            }
        }
    }

    /// The next byte that is no white space, which stays where it is.
    private mutating func peek() throws(JSONScanError) -> UInt8 {
        skipSpace()
        guard position < bytes.count else { throw error("it ends too early") }
        return bytes[position]
    }

    private mutating func expect(_ byte: UInt8, _ what: String) throws(JSONScanError) {
        guard try peek() == byte else { throw error("\(what) is missing") }
        position += 1
    }

    private func error(_ problem: String) -> JSONScanError {
        JSONScanError(offset: position, problem: problem)
    }

    private func unescape(_ raw: ArraySlice<UInt8>) throws(JSONScanError) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(raw.count)
        var index = raw.startIndex
        while index < raw.endIndex {
            guard raw[index] == UInt8(ascii: "\\") else {
                text.append(raw[index])
                index += 1
                continue
            }
            guard index + 1 < raw.endIndex else { throw error("an escape is cut") }
            switch raw[index + 1] {
            case UInt8(ascii: "n"): text.append(UInt8(ascii: "\n"))
            case UInt8(ascii: "t"): text.append(UInt8(ascii: "\t"))
            case UInt8(ascii: "r"): text.append(UInt8(ascii: "\r"))
            case UInt8(ascii: "b"): text.append(8)
            case UInt8(ascii: "f"): text.append(12)
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(raw[index + 1])
            case UInt8(ascii: "u"):
                var unit = try codeUnit(raw, at: index + 2)
                index += 4
                if (0xD800..<0xDC00).contains(unit) {
                    guard index + 3 < raw.endIndex, raw[index + 2] == UInt8(ascii: "\\"),
                        raw[index + 3] == UInt8(ascii: "u")
                    else { throw error("half a surrogate pair") }
                    let low = try codeUnit(raw, at: index + 4)
                    guard (0xDC00..<0xE000).contains(low) else { throw error("half a surrogate pair") }
                    unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
                    index += 6
                }
                guard let scalar = Unicode.Scalar(unit) else { throw error("half a surrogate pair") }
                text.append(contentsOf: String(scalar).utf8)
            default:
                throw error("an unknown escape")
            }
            index += 2
        }
        return try self.text(text.span)
    }

    private func text(_ raw: Span<UInt8>) throws(JSONScanError) -> String {
        do {
            return String(copying: try UTF8Span(validating: raw))
        } catch {
            throw self.error("a text is not UTF-8")
        }
    }

    private func codeUnit(_ raw: ArraySlice<UInt8>, at start: Int) throws(JSONScanError) -> UInt32 {
        guard start + 4 <= raw.endIndex else { throw error("an escape is cut") }
        guard let value = Hex.number(raw[start..<(start + 4)]) else { throw error("an escape is not hexadecimal") }
        return value
    }
}

/// Where JSON is broken, and how.
struct JSONScanError: Error, Equatable, CustomStringConvertible {
    /// In bytes from the beginning.
    var offset: Int
    var problem: String

    var description: String { "\(problem) at byte \(offset)" }
}

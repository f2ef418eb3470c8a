import Text

/// Reads a JSON text and keeps where everything is.
struct JSONSource {
    private let bytes: [UInt8]
    private let limits: SourceLimits
    private var position = 0
    private var line = 1
    private var lineStart = 0
    private var nodes = 0
    /// Up to where the column of this line is counted, and how far that was: a document may be one long line.
    private var countedPosition = 0
    private var countedColumn = 1
    /// Keys an object has again.
    private var repeated: [Problem] = []
    private var repeats: [SourceEntry] = []
    /// Whether of keys that are there again the last holds.
    private var takesRepeats = false

    private init(_ text: String, limits: SourceLimits) {
        bytes = Array(text.utf8)
        self.limits = limits
    }

    private struct Problem: Error {
        var code: Diagnostic.Code
        var message: String
        var mark: SourceMark
    }

    /// The document, or `nil` (reported to the sink) if the text is no JSON.
    static func document(of text: String, sink: DiagnosticSink, limits: SourceLimits) -> SourceNode? {
        var source = JSONSource(text, limits: limits)
        source.takesRepeats = sink.takesRepeats
        do throws(Problem) {
            let node = try source.value(depth: 0)
            source.skipSpace()
            guard source.position == source.bytes.count else {
                throw source.problem("the document ends here; remove what follows")
            }
            for problem in source.repeated { sink.error(problem.code, problem.message, at: problem.mark) }
            sink.repeats += source.repeats
            return node
        } catch {
            sink.error(error.code, error.message, at: error.mark)
            return nil
        }
    }

    private mutating func mark() -> SourceMark {
        if countedPosition < lineStart || countedPosition > position {
            countedPosition = lineStart
            countedColumn = 1
        }
        while countedPosition < position {
            // Columns count scalars: every byte that is not the continuation of one.
            if bytes[countedPosition] & 0xC0 != 0x80 { countedColumn += 1 }
            countedPosition += 1
        }
        return SourceMark(line: line, column: countedColumn)
    }

    private mutating func problem(_ message: String, _ code: Diagnostic.Code = .syntax) -> Problem {
        Problem(code: code, message: code == .syntax ? "this is not valid JSON: \(message)" : message, mark: mark())
    }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = current {
            switch byte {
            case UInt8(ascii: "\n"):
                position += 1
                line += 1
                lineStart = position
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): position += 1
            default: return
            }
        }
    }

    private mutating func value(depth: Int) throws(Problem) -> SourceNode {
        skipSpace()
        nodes += 1
        guard nodes <= limits.nodes else { throw problem("the document has more than \(limits.nodes) values", .limit) }
        guard depth < limits.depth else {
            throw problem("the document nests deeper than \(limits.depth) levels", .limit)
        }
        let start = mark()
        switch current {
        case UInt8(ascii: "{"): return SourceNode(content: .map(try members(depth: depth)), mark: start)
        case UInt8(ascii: "["): return SourceNode(content: .list(try elements(depth: depth)), mark: start)
        case UInt8(ascii: "\""):
            let scalar = SourceScalar(text: try string(), kind: .text, isQuoted: true)
            return SourceNode(content: .scalar(scalar), mark: start)
        case .some: return SourceNode(content: try word(), mark: start)
        case nil: throw problem("it ends where a value was expected")
        }
    }

    private mutating func word() throws(Problem) -> SourceNode.Content {
        let start = position
        while let byte = current, Self.isWord(byte) { position += 1 }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        switch text {
        case "null": return .null
        case "true": return .scalar(SourceScalar(text: text, kind: .bool(true)))
        case "false": return .scalar(SourceScalar(text: text, kind: .bool(false)))
        default:
            if PlainScalar.isNumber(text) { return .scalar(SourceScalar(text: text, kind: .number)) }
            position = start
            switch current {
            case UInt8(ascii: "/"): throw problem("it has no comments")
            case UInt8(ascii: "'"): throw problem("text is in double quotes")
            case UInt8(ascii: "}"), UInt8(ascii: "]"): throw problem("a value was expected; remove the “,” before")
            default: throw problem("“\(text.prefix(40))” is not a value; text is in double quotes")
            }
        }
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "+"),
            UInt8(ascii: "-"), 0x80...0xFF:
            true
        default: false
        }
    }

    private mutating func elements(depth: Int) throws(Problem) -> [SourceNode] {
        position += 1
        var elements: [SourceNode] = []
        skipSpace()
        if current == UInt8(ascii: "]") {
            position += 1
            return elements
        }
        while true {
            elements.append(try value(depth: depth + 1))
            skipSpace()
            switch current {
            case UInt8(ascii: ","): position += 1
            case UInt8(ascii: "]"):
                position += 1
                return elements
            default: throw problem("“,” or “]” was expected after an element of a list")
            }
        }
    }

    private mutating func members(depth: Int) throws(Problem) -> [SourceEntry] {
        position += 1
        var entries: [SourceEntry] = []
        var lines: [String: Int] = [:]
        skipSpace()
        if current == UInt8(ascii: "}") {
            position += 1
            return entries
        }
        while true {
            skipSpace()
            let keyMark = mark()
            guard current == UInt8(ascii: "\"") else {
                switch current {
                case UInt8(ascii: "/"): throw problem("it has no comments")
                case UInt8(ascii: "}"): throw problem("a key in double quotes was expected; remove the “,” before")
                default: throw problem("a key in double quotes was expected")
                }
            }
            let key = try string()
            let first = lines[key]
            if let first {
                repeated.append(
                    Problem(
                        code: .duplicate,
                        message: "the key “\(key)” is here a second time; the first is in line \(first)", mark: keyMark)
                )
            } else {
                lines[key] = keyMark.line
            }
            skipSpace()
            guard current == UInt8(ascii: ":") else { throw problem("“:” was expected after the key “\(key)”") }
            position += 1
            let value = try value(depth: depth + 1)
            let entry = SourceEntry(key: key, keyMark: keyMark, value: value)
            if first == nil { entries.append(entry) } else { repeats.append(entry) }
            if takesRepeats, let index = entries.firstIndex(where: { $0.key == key }) { entries[index] = entry }
            skipSpace()
            switch current {
            case UInt8(ascii: ","): position += 1
            case UInt8(ascii: "}"):
                position += 1
                return entries
            default: throw problem("“,” or “}” was expected after the value of “\(key)”")
            }
        }
    }

    private mutating func string() throws(Problem) -> String {
        let start = mark()
        position += 1
        var text: [UInt8] = []
        while let byte = current {
            guard text.count <= limits.scalarBytes else {
                throw problem("a text has more than \(limits.scalarBytes) bytes", .limit)
            }
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): try escape(into: &text)
            case 0..<0x20:
                let name = byte == UInt8(ascii: "\n") ? "a line end" : "a control character"
                throw problem("\(name) inside a text is written as an escape such as \\n")
            default:
                text.append(byte)
                position += 1
            }
        }
        throw Problem(
            code: .syntax, message: "this is not valid JSON: a text that begins here is not closed", mark: start)
    }

    private mutating func escape(into text: inout [UInt8]) throws(Problem) {
        guard position + 1 < bytes.count else { throw problem("it ends inside a text") }
        switch bytes[position + 1] {
        case UInt8(ascii: "\""): text.append(UInt8(ascii: "\""))
        case UInt8(ascii: "\\"): text.append(UInt8(ascii: "\\"))
        case UInt8(ascii: "/"): text.append(UInt8(ascii: "/"))
        case UInt8(ascii: "b"): text.append(8)
        case UInt8(ascii: "f"): text.append(12)
        case UInt8(ascii: "n"): text.append(10)
        case UInt8(ascii: "r"): text.append(13)
        case UInt8(ascii: "t"): text.append(9)
        case UInt8(ascii: "u"):
            try unicodeEscape(into: &text)
            return
        default: throw problem("there is no escape like this; a backslash itself is \\\\")
        }
        position += 2
    }

    private mutating func unicodeEscape(into text: inout [UInt8]) throws(Problem) {
        var code = try hexadecimal(at: position + 2)
        var length = 6
        if (0xD800..<0xDC00).contains(code), position + 7 < bytes.count, bytes[position + 6] == UInt8(ascii: "\\"),
            bytes[position + 7] == UInt8(ascii: "u")
        {
            let low = try hexadecimal(at: position + 8)
            if (0xDC00..<0xE000).contains(low) {
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
                length = 12
            }
        }
        guard let scalar = Unicode.Scalar(code) else { throw problem("half of a surrogate pair is not a character") }
        guard code != 0 else { throw problem("a text may not contain NUL", .encoding) }
        text += Array(String(Character(scalar)).utf8)
        position += length
    }

    private mutating func hexadecimal(at start: Int) throws(Problem) -> UInt32 {
        guard start + 4 <= bytes.count, let code = Hex.number(bytes[start..<start + 4]) else {
            throw problem("\\u is followed by four hexadecimal digits")
        }
        return code
    }
}

/// Finds quoted texts without reading the document: where a quote is missing, a text ends at the next quote, maybe far
/// below, and only there the parser stumbles.
struct QuoteScanner {
    /// A text with the byte of its quote and, from 1, the line. Columns are counted for those that matter only: a document
    /// may be one long line.
    struct Text {
        var start: Int
        var line: Int
        var quote: UInt8
        /// What is behind the closing quote, or `nil` where there is none to the end.
        var end: (offset: Int, line: Int)?
    }

    private let bytes: [UInt8]
    private var position = 0
    private var line = 1
    private var lineStart = 0
    private var texts: [Text] = []
    /// The lines of block texts (`|`, `>`).
    private var blocks: Set<Int> = []
    private var depth = 0

    private init(_ text: String) { bytes = Array(text.utf8) }

    /// The quoted texts, in their order.
    static func texts(in text: String) -> [Text] {
        var scanner = QuoteScanner(text)
        while scanner.position < scanner.bytes.count { scanner.readLine() }
        return scanner.texts
    }

    /// The lines of block texts, from 1. Their indentation is spaces, and what follows it is theirs.
    static func blockLines(in text: String) -> Set<Int> {
        var scanner = QuoteScanner(text)
        while scanner.position < scanner.bytes.count { scanner.readLine() }
        return scanner.blocks
    }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }
    private var following: UInt8? { position + 1 < bytes.count ? bytes[position + 1] : nil }

    private mutating func advance() {
        if bytes[position] == UInt8(ascii: "\n") {
            line += 1
            lineStart = position + 1
        }
        position += 1
    }

    private mutating func readLine() {
        // Where a value may begin, and the column of the last key or dash: a block text is indented further.
        var mayBegin = true
        var isAfterSpace = true
        var column = 0
        let number = line
        while let byte = current, line == number {
            switch byte {
            case UInt8(ascii: "\n"), UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
                isAfterSpace = true
                advance()
                continue
            case UInt8(ascii: "#") where isAfterSpace: return skipLine()
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                if mayBegin { readQuoted(byte) } else { advance() }
                mayBegin = false
            case UInt8(ascii: "-"), UInt8(ascii: "?"):
                if mayBegin, isBlank(following) { column = position - lineStart } else { mayBegin = false }
                advance()
            case UInt8(ascii: ":") where isBlank(following) || depth > 0:
                mayBegin = true
                advance()
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                if mayBegin { depth += 1 }
                advance()
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth > 0 { depth -= 1 }
                advance()
            case UInt8(ascii: ",") where depth > 0:
                mayBegin = true
                advance()
            case UInt8(ascii: "|"), UInt8(ascii: ">"):
                if mayBegin, depth == 0 { return skipBlock(after: column) }
                mayBegin = false
                advance()
            case UInt8(ascii: "&"), UInt8(ascii: "!"):
                if mayBegin { while !isBlank(current) { advance() } } else { advance() }
            default:
                if mayBegin, isAfterSpace { column = position - lineStart }
                mayBegin = false
                advance()
            }
            isAfterSpace = false
        }
    }

    private func isBlank(_ byte: UInt8?) -> Bool {
        switch byte {
        case nil, UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"): true
        default: false
        }
    }

    private mutating func skipLine() {
        while let byte = current, byte != UInt8(ascii: "\n") { advance() }
        if current != nil { advance() }
    }

    /// Lines of a block text: empty ones and those indented further than what it belongs to.
    private mutating func skipBlock(after column: Int) {
        skipLine()
        while position < bytes.count {
            let text = bytes[position...].firstIndex { $0 != UInt8(ascii: " ") } ?? bytes.count
            let isEmpty = text == bytes.count || bytes[text] == UInt8(ascii: "\n") || bytes[text] == UInt8(ascii: "\r")
            guard isEmpty || text - position > column else { return }
            blocks.insert(line)
            skipLine()
        }
    }

    private mutating func readQuoted(_ quote: UInt8) {
        var text = Text(start: position, line: line, quote: quote)
        advance()
        while let byte = current {
            if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\""), following != nil {
                advance()
            } else if byte == quote {
                guard quote == UInt8(ascii: "'"), following == quote else {
                    advance()
                    text.end = (position, line)
                    break
                }
                advance()
            }
            advance()
        }
        texts.append(text)
    }
}

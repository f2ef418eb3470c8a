/// Reader of the text a step hands on. Lines end with `\n`, and a `\r` before it belongs to the end.
///
/// | written | is |
/// |---|---|
/// | `name=value` | the rest of the line as it is |
/// | `name<<MARK`, lines, `MARK` | the lines between, whatever is in them |
/// | `name="…"` | up to the closing quote, lines included; `\n`, `\r`, `\t`, `\"` and `\\` are one character each |
/// | `name='…'` | up to the closing quote, lines included, as it is |
///
/// A value that only begins like a quoted one, `"a" and b`, is itself. Empty lines, lines that begin with `#` and the
/// word `export` before a name are passed over, so that a dotenv file can be appended as it is.
struct OutputText {
    private let lines: [Substring]
    /// The lines whose bytes are no UTF-8, or hold a NUL: their text is not what the step wrote, or no variable's value.
    private let unreadable: Set<Int>
    private var number = 0
    /// The value that is read now, or was last.
    private var name = ""
    /// Whether its end is missing.
    private var isOpen = false

    init(_ bytes: some Collection<UInt8>) {
        // By bytes: a character of Swift's may be both halves of a line's end.
        let rows = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        var lines = rows.map { Substring(decoding: $0, as: UTF8.self) }
        if lines.last?.isEmpty == true { lines.removeLast() }
        unreadable = Set(
            rows.indices.filter { rows[$0].contains(0) || String(validating: rows[$0], as: UTF8.self) == nil })
        // The mark some editors and shells begin a file with is no part of a name.
        if let first = lines.first, first.unicodeScalars.first == "\u{FEFF}" {
            lines[0] = Substring(first.unicodeScalars.dropFirst())
        }
        self.lines = lines.map { $0.unicodeScalars.last == "\r" ? Substring($0.unicodeScalars.dropLast()) : $0 }
    }

    /// The name of the value that takes the most lines' bytes, whatever else is wrong with the text; `nil` where it has none.
    /// One whose end is missing reaches to the end of the text.
    static func longestName(in bytes: some Collection<UInt8>) -> String? {
        var reader = OutputText(bytes)
        var longest: (name: String, bytes: Int)?
        while reader.number < reader.lines.count, !reader.isOpen {
            let first = reader.number
            reader.name = ""
            do { _ = try reader.next() } catch {
                // Too long is what it is told as.
            }
            let end = reader.isOpen ? reader.lines.count : reader.number
            let bytes = reader.lines[first..<end].reduce(0) { $0 + $1.utf8.count }
            if !reader.name.isEmpty, bytes > longest?.bytes ?? 0 { longest = (reader.name, bytes) }
        }
        return longest?.name
    }

    /// The next value, or `nil` at the end.
    /// - Throws: ``JobFailure`` that names the line that is wrong.
    mutating func next() throws(JobFailure) -> (name: String, value: String)? {
        while number < lines.count {
            let line = lines[number]
            number += 1
            let start = line.drop { $0 == " " || $0 == "\t" }
            if start.isEmpty || start.first == "#" { continue }
            let first = number
            let entry = try entry(Self.withoutExport(start))
            if let bad = (first...number).first(where: { unreadable.contains($0 - 1) }) {
                throw wrong(
                    "the value of “\(entry.name)” is not UTF-8 text, or has a NUL in it; hand such bytes on in base64, as by "
                        + "echo \"\(entry.name)=$(base64 -w 0 FILE)\" >> \"$\(StepOutputs.variable)\"", bad)
            }
            return entry
        }
        return nil
    }

    private mutating func entry(_ line: Substring) throws(JobFailure) -> (name: String, value: String) {
        let scalars = line.unicodeScalars
        guard let sign = scalars.firstIndex(where: { $0 == "=" || $0 == "<" }),
            scalars[sign] == "=" || scalars[sign...].starts(with: "<<".unicodeScalars)
        else {
            throw wrong(
                "“\(line.prefix(100))” is neither name=value nor name<<MARK, which a value of several lines takes")
        }
        let name = Substring(scalars[..<sign])
        guard !name.isEmpty, name.utf8.allSatisfy({ Self.isNameByte($0) }) else {
            throw wrong(
                "“\(name.prefix(100))” is not a valid output name: letters, digits, “_” and “-”; leave the line out, as by "
                    + "grep -E '^[A-Za-z0-9_-]+=' .env >> \"$\(StepOutputs.variable)\"")
        }
        self.name = String(name)
        if scalars[sign] == "<" {
            return (String(name), try block(upTo: Substring(scalars[sign...].dropFirst(2)), of: name))
        }
        return (String(name), try value(Substring(scalars[scalars.index(after: sign)...]), of: name))
    }

    /// The lines up to the mark.
    private mutating func block(upTo mark: Substring, of name: Substring) throws(JobFailure) -> String {
        guard !mark.isEmpty else { throw wrong("“\(name)<<” lacks the mark that ends the value") }
        guard let end = lines[number...].firstIndex(where: { Self.isSame($0, mark) }) else {
            isOpen = true
            throw wrong("the value of “\(name)” has no end: there is no line “\(mark.prefix(100))” after it")
        }
        defer { number = end + 1 }
        return lines[number..<end].joined(separator: "\n")
    }

    private mutating func value(_ text: Substring, of name: Substring) throws(JobFailure) -> String {
        guard let quote = text.unicodeScalars.first, quote == "\"" || quote == "'" else { return String(text) }
        var value = String.UnicodeScalarView()
        var line = text.unicodeScalars.dropFirst()
        var next = number
        while true {
            if let rest = Self.take(&value, from: line, upTo: quote) {
                guard Self.isBlank(rest) else {
                    if next == number { return String(text) }
                    throw wrong("after the quote that ends the value of “\(name)” there is more in the line", next)
                }
                number = next
                return String(value)
            }
            guard next < lines.count else {
                isOpen = true
                throw wrong("the value of “\(name)” begins with a quote that is not closed")
            }
            value.append("\n")
            line = lines[next].unicodeScalars[...]
            next += 1
        }
    }

    /// Takes what is before the closing quote.
    /// - Returns: what is after it, or `nil` where the line has none.
    private static func take(
        _ value: inout String.UnicodeScalarView, from line: Substring.UnicodeScalarView, upTo quote: Unicode.Scalar
    ) -> Substring.UnicodeScalarView? {
        var rest = line
        while let scalar = rest.popFirst() {
            if scalar == quote { return rest }
            guard scalar == "\\", quote == "\"", let next = rest.first else {
                value.append(scalar)
                continue
            }
            let escaped: [Unicode.Scalar: Unicode.Scalar] = [
                "n": "\n", "r": "\r", "t": "\t", "\"": "\"", "\\": "\\",
            ]
            value.append(escaped[next] ?? scalar)
            if escaped[next] != nil { rest.removeFirst() }
        }
        return nil
    }

    /// Nothing, or a comment set off by a blank.
    private static func isBlank(_ rest: Substring.UnicodeScalarView) -> Bool {
        let text = rest.drop { $0 == " " || $0 == "\t" }
        return text.isEmpty || (text.first == "#" && text.startIndex != rest.startIndex)
    }

    private static func withoutExport(_ line: Substring) -> Substring {
        for word in ["export ", "export\t"] where line.hasPrefix(word) {
            return line.dropFirst(word.count).drop { $0 == " " || $0 == "\t" }
        }
        return line
    }

    /// Byte by byte: characters that look the same are not.
    private static func isSame(_ line: Substring, _ mark: Substring) -> Bool { line.utf8.elementsEqual(mark.utf8) }

    private func wrong(_ what: String, _ line: Int? = nil) -> JobFailure {
        JobFailure("line \(line ?? number) of $\(StepOutputs.variable): \(what)")
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}

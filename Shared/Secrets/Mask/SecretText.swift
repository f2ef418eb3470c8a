import FoundationEssentials

/// A secret and its parts, any of which may be all that a log shows of it.
struct SecretText {
    /// Without the line ends at its end, which a shell's `$(…)` takes off.
    let whole: [UInt8]
    /// Without what is beside the text: blanks, and in a document the comma at the end. Of a document those that say
    /// something, if there are any.
    let lines: [[UInt8]]
    /// What a document has as `name: value`, as `name=value` or in double quotes, where it says something by itself.
    let values: [String]

    init(_ secret: String) {
        var whole = Array(secret.utf8)
        while let last = whole.last, Self.isLineEnd(last) { whole.removeLast() }
        self.whole = whole
        let lines = whole.split(whereSeparator: Self.isLineEnd).map { Self.trim($0, Self.isBlank) }
        let isJSON = whole.first == UInt8(ascii: "{") || whole.first == UInt8(ascii: "[")
        guard lines.count > 1 || isJSON else {
            self.lines = lines.map(Array.init)
            values = []
            return
        }
        let texts = lines.map { Self.trim($0) { Self.isBlank($0) || $0 == UInt8(ascii: ",") } }
        let telling = lines.count > 1 ? texts.filter(Self.tells) : []
        self.lines = (telling.isEmpty ? lines : telling).map(Array.init) + (isJSON ? [Self.compact(whole)] : [])
        values = (Self.quoted(whole) + texts.compactMap(Self.value)).filter(Self.isSecret)
    }

    private static func isLineEnd(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") }
    private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    private static func isText(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), 0x80...:
            true
        default: false
        }
    }

    private static func trim(_ line: ArraySlice<UInt8>, _ isBeside: (UInt8) -> Bool) -> ArraySlice<UInt8> {
        var line = line.drop(while: isBeside)
        while let last = line.last, isBeside(last) { line.removeLast() }
        return line
    }

    /// Whether a line is more than the structure it shares with any other document: `},`, `"keys": [`, `users:`.
    private static func tells(_ line: ArraySlice<UInt8>) -> Bool {
        line.filter(isText).count >= 4 && !opensBlock(line)
    }

    /// Whether a line is a name that a block belongs to, and no password that happens to end so.
    private static func opensBlock(_ line: ArraySlice<UInt8>) -> Bool {
        guard let last = line.last, ":{[".utf8.contains(last) else { return false }
        var name = line.dropLast()
        if last != UInt8(ascii: ":") {
            guard let before = name.last, isBlank(before) || ":=".utf8.contains(before) else { return false }
            name = trim(name) { isBlank($0) || ":=".utf8.contains($0) }
        }
        name = trim(name) { "\"'".utf8.contains($0) }
        return name.allSatisfy { isText($0) || "_-. ".utf8.contains($0) }
            && !isSecret(String(decoding: name, as: UTF8.self))
    }

    /// Whether a value is more than a word or a number that may be anywhere: 16 bytes, or 8 with letters and digits.
    private static func isSecret(_ value: String) -> Bool {
        value.utf8.count >= 16
            || value.utf8.count >= 8 && value.contains(where: \.isLetter) && value.contains(where: \.isNumber)
    }

    /// JSON without the blanks between its parts.
    private static func compact(_ json: [UInt8]) -> [UInt8] {
        var isInside = false
        var isEscaped = false
        return json.filter { byte in
            defer { isEscaped = isInside && !isEscaped && byte == UInt8(ascii: "\\") }
            if byte == UInt8(ascii: "\""), !isEscaped { isInside.toggle() }
            return isInside || !(isBlank(byte) || isLineEnd(byte))
        }
    }

    /// The texts in double quotes that are no names.
    private static func quoted(_ bytes: [UInt8]) -> [String] {
        var texts: [String] = []
        var rest = bytes[...]
        while let start = rest.firstIndex(of: UInt8(ascii: "\"")) {
            var end = rest.index(after: start)
            while end < rest.endIndex, bytes[end] != UInt8(ascii: "\"") {
                end += bytes[end] == UInt8(ascii: "\\") ? 2 : 1
            }
            guard end < rest.endIndex else { break }
            rest = bytes[(end + 1)...]
            if rest.first(where: { !isBlank($0) }) == UInt8(ascii: ":") { continue }
            if let text = unescaped(bytes[start...end]) { texts.append(text) }
        }
        return texts
    }

    /// What a text of JSON stands for; `nil` where it is none.
    private static func unescaped(_ literal: ArraySlice<UInt8>) -> String? {
        do {
            return try JSONDecoder().decode([String].self, from: Data("[".utf8 + literal + "]".utf8)).first
        } catch {
            return nil
        }
    }

    /// What follows the name in a line.
    private static func value(_ line: ArraySlice<UInt8>) -> String? {
        guard let sign = line.firstIndex(where: { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "=") }) else {
            return nil
        }
        let rest = line[line.index(after: sign)...]
        if line[sign] == UInt8(ascii: ":"), rest.first.map(isBlank) != true { return nil }
        let value = trim(rest) { isBlank($0) || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "'") }
        return String(decoding: value, as: UTF8.self)
    }
}

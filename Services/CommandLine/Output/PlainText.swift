import Text

/// Makes text that came from elsewhere safe and tidy for a terminal.
enum PlainText {
    /// One line: what follows a line break is dropped, control characters become spaces. A commit message or a name
    /// can so neither break a table nor drive the terminal.
    static func singleLine(_ text: String) -> String {
        let line = text.split(whereSeparator: \.endsLine).first.map(String.init) ?? ""
        guard line.unicodeScalars.contains(where: isControl) else { return line }
        return String(String.UnicodeScalarView(line.unicodeScalars.map { isControl($0) ? " " : $0 }))
    }

    /// The first line of a text, with a mark that says how many more there are.
    static func firstLine(_ text: String) -> String {
        var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.endsLine)
        while lines.last?.isEmpty == true { lines.removeLast() }
        guard let shown = lines.firstIndex(where: { !$0.isEmpty }) else { return "" }
        let more = lines.count - shown - 1
        return singleLine(String(lines[shown]))
            + (more == 0 ? "" : more == 1 ? " … (1 more line)" : " … (\(more) more lines)")
    }

    /// A line of a log for a terminal: colours stay (or go), everything else that would move the cursor, change the
    /// title or clear the screen goes. Of a line redrawn with carriage returns its last drawing stays.
    static func logLine(_ line: String, colours: Bool) -> String {
        var bytes = Array(line.utf8)
        while bytes.last == 0x0D { bytes.removeLast() }
        if let last = bytes.lastIndex(of: 0x0D) { bytes.removeFirst(last + 1) }
        guard bytes.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return String(decoding: bytes, as: UTF8.self) }
        var kept: [UInt8] = []
        kept.reserveCapacity(bytes.count)
        var painted = false
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte == 0x1B {
                let end = endOfEscape(bytes, from: index)
                if colours, end > index + 2, bytes[index + 1] == UInt8(ascii: "["), bytes[end - 1] == UInt8(ascii: "m")
                {
                    kept.append(contentsOf: bytes[index..<end])
                    painted = true
                }
                index = end
            } else {
                if byte == 0x09 {
                    kept.append(byte)
                } else if byte >= 0x20, byte != 0x7F {
                    kept.append(byte)
                }
                index += 1
            }
        }
        return String(decoding: kept, as: UTF8.self) + (painted ? "\u{1B}[0m" : "")
    }

    /// The index after the escape sequence that begins at `start` (ECMA-48: CSI, OSC and other strings, two bytes).
    private static func endOfEscape(_ bytes: [UInt8], from start: Int) -> Int {
        guard start + 1 < bytes.count else { return bytes.count }
        var index = start + 2
        switch bytes[start + 1] {
        case UInt8(ascii: "["):
            while index < bytes.count, !(0x40...0x7E).contains(bytes[index]) { index += 1 }
            return min(index + 1, bytes.count)
        case UInt8(ascii: "]"), UInt8(ascii: "P"), UInt8(ascii: "X"), UInt8(ascii: "^"), UInt8(ascii: "_"):
            while index < bytes.count {
                if bytes[index] == 0x07 { return index + 1 }
                if bytes[index] == 0x1B, index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "\\") {
                    return index + 2
                }
                index += 1
            }
            return bytes.count
        default:
            return index
        }
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || (0x202A...0x202E).contains(scalar.value)
            || (0x2066...0x2069).contains(scalar.value)
    }
}

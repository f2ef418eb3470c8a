/// Renders the lines of a log as HTML: text escaped, colours (SGR, ECMA-48 8.3.117) as classes, every other control
/// sequence dropped. Numbers are attributes, so that copying the text copies no numbers.
struct LogLines: Sendable {
    /// The number of the next line, from 1.
    private(set) var next: Int
    private var paint = Paint()
    private(set) var html: [UInt8] = []

    /// The bytes of one line that are shown; the rest of a longer one is left to the raw log.
    static let lineLimit = 16 << 10

    init(first: Int) { next = first }

    /// Renders whole lines, and what follows the last line break as one more where `isEnd` is set.
    /// - Returns: how many bytes were rendered.
    mutating func render(_ bytes: ArraySlice<UInt8>, isEnd: Bool = false) -> Int {
        html.reserveCapacity(html.count + bytes.count * 2)
        var rest = bytes
        while let end = rest.firstIndex(of: 0x0A) {
            line(rest[..<end])
            rest = rest[(end + 1)...]
        }
        if isEnd, !rest.isEmpty {
            line(rest)
            rest = rest[rest.endIndex...]
        }
        return bytes.count - rest.count
    }

    var text: String { String(decoding: html, as: UTF8.self) }

    private mutating func line(_ bytes: ArraySlice<UInt8>) {
        var bytes = bytes
        while bytes.last == 0x0D { bytes.removeLast() }
        // A progress bar redraws its line: the last drawing is what a terminal would show.
        if let last = bytes.lastIndex(of: 0x0D) { bytes = bytes[(last + 1)...] }
        let isCut = bytes.count > Self.lineLimit
        let number = "\(next)"
        html += #"<div id="L"#.utf8
        html += number.utf8
        html += ##""><a href="#L"##.utf8
        html += number.utf8
        html += #"" data-n=""#.utf8
        html += number.utf8
        html += #""></a><span>"#.utf8
        content(bytes.prefix(Self.lineLimit))
        if isCut {
            html += "<i> … \(bytes.count - Self.lineLimit) more bytes are in the raw log</i>".utf8
        }
        html += "</span></div>\n".utf8
        next += 1
    }

    private mutating func content(_ bytes: ArraySlice<UInt8>) {
        var isOpen = open()
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            switch byte {
            case 0x1B:
                let sequence = ControlSequence(bytes[index...])
                index = sequence.end
                if sequence.isGraphic {
                    if isOpen { html += "</span>".utf8 }
                    paint.apply(sequence.parameters)
                    isOpen = open()
                }
                continue
            case UInt8(ascii: "<"): html += "&lt;".utf8
            case UInt8(ascii: ">"): html += "&gt;".utf8
            case UInt8(ascii: "&"): html += "&amp;".utf8
            case 0x09, 0x20...0x7E, 0x80...0xFF: html.append(byte)
            default: break
            }
            index += 1
        }
        if isOpen { html += "</span>".utf8 }
    }

    private mutating func open() -> Bool {
        let classes = paint.classes
        guard !classes.isEmpty else { return false }
        html += #"<span class=""#.utf8
        html += classes.utf8
        html += #"">"#.utf8
        return true
    }
}

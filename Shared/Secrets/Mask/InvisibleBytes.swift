/// Tells which bytes of a stream a terminal or a page shows nothing of: control characters, such as the NULs of UTF-16,
/// and sequences such as those that set a colour (ECMA-48, 5.4). A tab and the ends of lines are seen.
struct InvisibleBytes: Sendable {
    private enum State { case text, escape, parameters }

    private var state = State.text

    /// Whether the next byte shows nothing.
    mutating func take(_ byte: UInt8) -> Bool {
        switch (state, byte) {
        case (.escape, UInt8(ascii: "[")): state = .parameters
        case (.escape, 0x20...0x2F), (.parameters, 0x20...0x3F): break
        case (.escape, 0x30...0x7E), (.parameters, 0x40...0x7E): state = .text
        default:
            guard Self.isControl(byte) else {
                state = .text
                return false
            }
            state = byte == 0x1B ? .escape : .text
        }
        return true
    }

    static func isControl(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"): false
        case 0..<0x20, 0x7F: true
        default: false
        }
    }

    /// What is seen of a text.
    static func removed(from text: [UInt8]) -> [UInt8] {
        var invisible = InvisibleBytes()
        return text.filter { !invisible.take($0) }
    }
}

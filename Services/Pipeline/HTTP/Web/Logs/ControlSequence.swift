/// An escape sequence of a terminal (ECMA-48): where it ends, and what it says if it sets colours.
struct ControlSequence: Sendable {
    let end: Int
    /// Whether it is SGR: `ESC [ … m`.
    let isGraphic: Bool
    let parameters: [Int]

    /// - Parameter bytes: begin with ESC.
    init(_ bytes: ArraySlice<UInt8>) {
        var index = bytes.startIndex + 1
        guard index < bytes.endIndex else {
            (end, isGraphic, parameters) = (bytes.endIndex, false, [])
            return
        }
        let kind = bytes[index]
        index += 1
        switch kind {
        case UInt8(ascii: "["):
            let start = index
            while index < bytes.endIndex, !(0x40...0x7E).contains(bytes[index]) { index += 1 }
            end = min(index + 1, bytes.endIndex)
            isGraphic = index < bytes.endIndex && bytes[index] == UInt8(ascii: "m")
            parameters = isGraphic ? Self.numbers(bytes[start..<index]) : []
        case UInt8(ascii: "]"), UInt8(ascii: "P"), UInt8(ascii: "X"), UInt8(ascii: "^"), UInt8(ascii: "_"):
            // A string: ends with BEL or ESC \.
            while index < bytes.endIndex, bytes[index] != 0x07, bytes[index] != 0x1B { index += 1 }
            let isTerminated = index < bytes.endIndex && bytes[index] == 0x1B
            end = min(index + (isTerminated ? 2 : 1), bytes.endIndex)
            isGraphic = false
            parameters = []
        default:
            (end, isGraphic, parameters) = (index, false, [])
        }
    }

    private static func numbers(_ bytes: ArraySlice<UInt8>) -> [Int] {
        bytes.split(omittingEmptySubsequences: false) { $0 == UInt8(ascii: ";") || $0 == UInt8(ascii: ":") }
            .map { Int(String(decoding: $0, as: UTF8.self)) ?? 0 }
    }
}

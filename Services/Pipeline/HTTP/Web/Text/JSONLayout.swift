/// Lays out JSON for a reader without changing it: members keep their order, numbers and texts their form.
enum JSONLayout {
    static func tidy(_ text: String) -> String {
        var result: [UInt8] = []
        var depth = 0
        var isText = false
        var isEscaped = false
        let bytes = Array(text.utf8)
        func newLine() {
            result.append(0x0A)
            result += [UInt8](repeating: 0x20, count: 2 * depth)
        }
        func isEmpty(from index: Int, to end: UInt8) -> Int? {
            let next = bytes[(index + 1)...].firstIndex { !isSpace($0) }
            return next.flatMap { bytes[$0] == end ? $0 : nil }
        }
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            defer { index += 1 }
            if isText {
                result.append(byte)
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte
                    == UInt8(ascii: "\"")
                {
                    isText = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""):
                isText = true
                result.append(byte)
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                result.append(byte)
                let end = byte + 2
                if let close = isEmpty(from: index, to: end) {
                    result.append(end)
                    index = close
                } else {
                    depth += 1
                    newLine()
                }
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth = max(0, depth - 1)
                newLine()
                result.append(byte)
            case UInt8(ascii: ","):
                result.append(byte)
                newLine()
            case UInt8(ascii: ":"): result += [byte, 0x20]
            default: if !isSpace(byte) { result.append(byte) }
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}

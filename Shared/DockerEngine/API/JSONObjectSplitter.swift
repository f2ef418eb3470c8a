/// Cuts a stream of JSON objects that follow one another, with or without line breaks between, into single objects.
struct JSONObjectSplitter {
    private var object: [UInt8] = []
    private var depth = 0
    private var inText = false
    private var escaped = false

    /// Whether an object has begun and not ended.
    var isInside: Bool { depth > 0 }

    /// Takes more bytes, cut anywhere.
    /// - Returns: The objects that are complete now.
    mutating func take(_ bytes: some Sequence<UInt8>) -> [[UInt8]] {
        var complete: [[UInt8]] = []
        for byte in bytes {
            if depth == 0, byte != UInt8(ascii: "{") { continue }
            object.append(byte)
            if inText {
                if escaped {
                    escaped = false
                } else if byte == UInt8(ascii: "\\") {
                    escaped = true
                } else if byte == UInt8(ascii: "\"") {
                    inText = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): inText = true
            case UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "}"):
                depth -= 1
                if depth == 0 {
                    complete.append(object)
                    object = []
                }
            default: break
            }
        }
        return complete
    }
}

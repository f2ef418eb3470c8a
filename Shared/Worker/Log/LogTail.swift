import Text

/// The end of a log whose middle is not kept.
struct LogTail: Sendable {
    /// How much of the end is kept, in bytes.
    let limit: Int
    private var bytes: [UInt8] = []
    /// How much came before what is kept.
    private(set) var dropped: Int64 = 0

    init(limit: Int) { self.limit = limit }

    mutating func append(_ text: some Collection<UInt8>) {
        if text.count >= limit {
            dropped += Int64(bytes.count + text.count - limit)
            bytes = Array(text.suffix(limit))
            return
        }
        bytes += text
        // Not with each piece: what is kept moves each time.
        if bytes.count > 2 * limit { shorten(to: limit) }
    }

    private mutating func shorten(to count: Int) {
        guard bytes.count > count else { return }
        dropped += Int64(bytes.count - count)
        bytes.removeFirst(bytes.count - count)
    }

    /// What is kept: from the beginning of a line on where there is one, of a character else.
    mutating func finish() -> String {
        shorten(to: limit)
        if dropped > 0 {
            let start =
                bytes.dropLast().firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 }
                ?? bytes.firstIndex { $0 & 0xC0 != 0x80 } ?? bytes.endIndex
            shorten(to: bytes.count - start)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

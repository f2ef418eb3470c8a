/// Makes lines of a log that comes in pieces. A line may be cut anywhere, in the middle of a character too.
struct LineAssembler: Sendable {
    /// A line, and where it begins in the log, in bytes.
    struct Line: Sendable, Equatable {
        var offset: Int64
        var text: String
    }

    private var rest: [UInt8] = []
    /// Where the rest begins.
    private var start: Int64 = 0

    /// The lines that are complete with these bytes.
    mutating func receive(_ bytes: some Collection<UInt8>) -> [Line] {
        var lines: [Line] = []
        var remaining = bytes[...]
        while let end = remaining.firstIndex(of: 0x0A) {
            rest.append(contentsOf: remaining[..<end])
            lines.append(Line(offset: start, text: String(decoding: rest, as: UTF8.self)))
            start += Int64(rest.count) + 1
            rest.removeAll(keepingCapacity: true)
            remaining = remaining[remaining.index(after: end)...]
        }
        rest.append(contentsOf: remaining)
        return lines
    }

    /// The last line, where it has no end.
    mutating func finish() -> Line? {
        guard !rest.isEmpty else { return nil }
        defer {
            start += Int64(rest.count)
            rest = []
        }
        return Line(offset: start, text: String(decoding: rest, as: UTF8.self))
    }
}

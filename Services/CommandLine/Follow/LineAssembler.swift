/// Makes lines of a log that comes in pieces. A line may be cut anywhere, in the middle of a character too.
struct LineAssembler: Sendable {
    private var rest: [UInt8] = []

    /// The lines that are complete with these bytes.
    mutating func receive(_ bytes: some Collection<UInt8>) -> [String] {
        var lines: [String] = []
        var remaining = bytes[...]
        while let end = remaining.firstIndex(of: 0x0A) {
            rest.append(contentsOf: remaining[..<end])
            lines.append(String(decoding: rest, as: UTF8.self))
            rest.removeAll(keepingCapacity: true)
            remaining = remaining[remaining.index(after: end)...]
        }
        rest.append(contentsOf: remaining)
        return lines
    }

    /// The last line, where it has no end.
    mutating func finish() -> String? {
        guard !rest.isEmpty else { return nil }
        defer { rest = [] }
        return String(decoding: rest, as: UTF8.self)
    }
}

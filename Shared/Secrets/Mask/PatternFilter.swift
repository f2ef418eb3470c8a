/// Tells by three bytes where a pattern may begin. Nearly all of a log has no such three, so that nearly all of it is only
/// looked at by this.
struct PatternFilter: Sendable {
    /// A bit for three classes of bytes.
    private var bits = [UInt64](repeating: 0, count: 1 << 15)

    /// What shows nothing may be between the bytes of a pattern, and of base 64 what ends a line: each is one class.
    private static let classes: [UInt8] = (0...UInt8.max).map { byte in
        if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") { return lineEnd }
        return InvisibleBytes.isControl(byte) ? 0 : byte & 0x7F
    }
    private static let lineEnd: UInt8 = 1

    /// - Parameter mayEndLines: Whether lines may end within the pattern.
    mutating func insert(_ first: UInt8, _ second: UInt8, _ third: UInt8, mayEndLines: Bool) {
        let (first, second, third) = (Self.classes[Int(first)], Self.classes[Int(second)], Self.classes[Int(third)])
        // Once for each first one.
        if !isSet(Self.index(first, 0, 0)) {
            for third in 0..<UInt8(0x80) { set(first, 0, third) }
        }
        set(first, second, 0)
        set(first, second, third)
        guard mayEndLines else { return }
        for last in [second, Self.lineEnd, 0] { set(first, Self.lineEnd, last) }
        set(first, second, Self.lineEnd)
    }

    /// The next place where a pattern may begin, or the last two bytes, of which nothing is known yet.
    func next(_ bytes: [UInt8], from start: Int) -> Int {
        guard start + 2 < bytes.count else { return start }
        return bits.withUnsafeBufferPointer { bits in
            Self.classes.withUnsafeBufferPointer { classes in
                bytes.withUnsafeBufferPointer { bytes in
                    var index = Int(classes[Int(bytes[start])]) << 7 | Int(classes[Int(bytes[start + 1])])
                    var end = start + 2
                    while end < bytes.count {
                        index = (index << 7 | Int(classes[Int(bytes[end])])) & 0x1F_FFFF
                        if bits[index >> 6] >> UInt64(index & 63) & 1 == 1 { break }
                        end += 1
                    }
                    return end - 2
                }
            }
        }
    }

    private func isSet(_ index: Int) -> Bool { bits[index >> 6] >> UInt64(index & 63) & 1 == 1 }

    private mutating func set(_ first: UInt8, _ second: UInt8, _ third: UInt8) {
        let index = Self.index(first, second, third)
        bits[index >> 6] |= 1 << UInt64(index & 63)
    }

    private static func index(_ first: UInt8, _ second: UInt8, _ third: UInt8) -> Int {
        Int(first) << 14 | Int(second) << 7 | Int(third)
    }
}

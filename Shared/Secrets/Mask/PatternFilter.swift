/// Tells where a pattern may begin, by four bytes of it. Nearly all of a log has no such four, so that nearly all of it is
/// only looked at by this, and of that only every few bytes (after Wu and Manber, 1994).
///
/// What shows nothing may be between the bytes of a pattern, and of base 64 what ends a line: where such a byte is near,
/// each place before it is looked at.
struct PatternFilter: Sendable {
    /// What four bytes there are within the first ``window`` bytes of a pattern.
    private var inside: ByteGrams
    /// What four bytes a pattern begins with.
    private var beginnings: ByteGrams
    /// How many bytes each pattern has at least, and how many of each are known.
    private let window: Int
    /// Whether there are patterns of three bytes.
    private let hasShort: Bool
    /// Whether there are patterns within which lines may end.
    private let mayEndLines: Bool

    private static let longestWindow = 16

    /// - Parameters:
    ///   - texts: Patterns that are written as they are.
    ///   - codes: Those within which lines may end.
    init(texts: PatternAutomaton, codes: PatternAutomaton) {
        let shortest = min(texts.shortest, codes.shortest)
        hasShort = shortest < ByteGrams.length
        window = min(max(shortest, ByteGrams.length), Self.longestWindow)
        mayEndLines = codes.shortest < Int.max
        let (texts, codes) = (texts.beginnings(window), codes.beginnings(window))
        inside = ByteGrams(capacity: (texts.count + codes.count) * (window - ByteGrams.length + 1))
        beginnings = ByteGrams(capacity: texts.count + codes.count)
        for text in texts where text.count >= ByteGrams.length { insert(text) { [$0] } }
        // Behind one of three bytes anything may be.
        for text in texts where text.count < ByteGrams.length {
            for last in 0...UInt8.max { insert(text + [last]) { [$0] } }
        }
        for code in codes { insert(code, Self.spellings) }
    }

    /// - Parameter spellings: The bytes that stand for four symbols.
    private mutating func insert(_ beginning: [UInt8], _ spellings: (UInt32) -> [UInt32]) {
        for start in 0...(beginning.count - ByteGrams.length) {
            let symbols = beginning[start..<(start + ByteGrams.length)]
            for gram in spellings(symbols.reversed().reduce(0) { $0 << 8 | UInt32($1) }) {
                inside.insert(gram)
                if start == 0 { beginnings.insert(gram) }
            }
        }
    }

    /// What four characters of base 64 are in both of its alphabets.
    private static func spellings(_ gram: UInt32) -> [UInt32] {
        var grams = [gram]
        for shift in stride(from: UInt32(0), to: 32, by: 8) {
            let symbol = UInt8(truncatingIfNeeded: gram >> shift)
            guard let other = LogMask.otherSpelling(of: symbol) else { continue }
            grams += grams.map { $0 ^ UInt32(symbol ^ other) << shift }
        }
        return grams
    }

    /// The next place where a pattern may begin; one of the last three bytes, of which too little is known yet; or the end.
    /// - Returns: That place, and the one before it from where on it has to be read: a pattern that has begun may take for
    ///   a sequence what another begins with.
    func next(_ bytes: [UInt8], from first: Int) -> (place: Int, start: Int) {
        bytes.withUnsafeBytes { bytes in
            var start = first
            while start < bytes.count {
                let end = nextBreak(bytes, from: start)
                if let found = unbroken(bytes, start, end) ?? broken(bytes, start, end) {
                    guard start > first, Self.isPassed(bytes, found, after: start - 1) else { return (found, found) }
                    return (found, max(first, start - Self.longestBeginning))
                }
                start = end + 1
            }
            return (bytes.count, bytes.count)
        }
    }

    /// As far back a pattern may have begun of which less than four bytes are there.
    private static let longestBeginning = 4 * LogMask.longestPassed

    /// Whether a byte belongs to the sequence that begins with another one.
    private static func isPassed(_ bytes: UnsafeRawBufferPointer, _ place: Int, after start: Int) -> Bool {
        guard bytes[start] == 0x1B else { return false }
        var invisible = InvisibleBytes()
        return bytes[start...place].allSatisfy { invisible.take($0) }
    }

    /// The next byte that may be within a pattern without being a part of it, or the end.
    private func nextBreak(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var position = start
        while true {
            position = Self.nextControl(bytes, from: position)
            guard position < bytes.count, isWithinPattern(bytes, position, start) else {
                if position >= bytes.count { return bytes.count }
                position += 1
                continue
            }
            return position
        }
    }

    private func isWithinPattern(_ bytes: UnsafeRawBufferPointer, _ position: Int, _ start: Int) -> Bool {
        guard Self.isLineEnd(bytes[position]), !hasShort else { return bytes[position] != UInt8(ascii: "\t") }
        guard mayEndLines, position > start, LogMask.symbol(bytes[position - 1]) != nil else { return false }
        guard position + 1 < bytes.count else { return true }
        return Self.isControl(bytes[position + 1]) || LogMask.symbol(bytes[position + 1]) != nil
    }

    /// The next control character, or the end.
    private static func nextControl(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        var position = start
        while position + 8 <= bytes.count {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            let deleted = word ^ (0x7F &* ones)
            // The highest bit of a byte is set where it is below 0x20 or 0x7F, and maybe in bytes behind such a one.
            let controls = ((word &- 0x20 &* ones) & ~word | (deleted &- ones) & ~deleted) & (0x80 &* ones)
            if controls != 0 { return position + controls.trailingZeroBitCount / 8 }
            position += 8
        }
        while position < bytes.count, !isControl(bytes[position]) { position += 1 }
        return position
    }

    private static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7F }

    /// Looks for the patterns whose first bytes follow each other.
    private func unbroken(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> Int? {
        let before = window - ByteGrams.length
        var position = start
        while position + ByteGrams.length <= end {
            if inside.contains(Self.gram(bytes, position)) {
                for first in max(start, position - before)...position where first + window <= end {
                    if beginnings.contains(Self.gram(bytes, first)) { return first }
                }
            }
            position += before + 1
        }
        return nil
    }

    @inline(__always)
    private static func gram(_ bytes: UnsafeRawBufferPointer, _ position: Int) -> UInt32 {
        UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self))
    }

    /// Looks for those with a break among their first bytes, or the end.
    private func broken(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> Int? {
        let isLineEnd = end < bytes.count && Self.isLineEnd(bytes[end])
        var first = max(start, end - window + 1)
        if isLineEnd, !hasShort {
            let outside = bytes[first..<end].lastIndex { LogMask.symbol($0) == nil }
            first = outside.map { $0 + 1 } ?? first
        }
        while first + ByteGrams.length <= end {
            if beginnings.contains(Self.gram(bytes, first)) { return first }
            first += 1
        }
        guard first < end else { return nil }
        let text = isLineEnd && !hasShort ? nil : broken(bytes, first, end, passesLineEnds: false)
        let code = mayEndLines ? broken(bytes, first, end, passesLineEnds: true) : nil
        guard let text, let code else { return text ?? code }
        return min(text, code)
    }

    /// - Parameter start: At most three bytes before the end.
    private func broken(
        _ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int, passesLineEnds: Bool
    ) -> Int? {
        var gram: UInt32 = 0
        var first = start - ByteGrams.length + 1
        for position in start..<end {
            gram = gram >> 8 | UInt32(bytes[position]) << 24
            first += 1
        }
        var invisible = InvisibleBytes()
        for position in end..<bytes.count {
            let byte = bytes[position]
            if invisible.take(byte) || passesLineEnds && Self.isLineEnd(byte) { continue }
            gram = gram >> 8 | UInt32(byte) << 24
            if first >= start, beginnings.contains(gram) { return first }
            first += 1
            if first == end { return nil }
        }
        // What is not there yet may be anything.
        return max(first, start)
    }

    private static func isLineEnd(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") }
}

/// A set of four bytes each, which may say of one that is not in it that it is.
private struct ByteGrams: Sendable {
    static let length = 4

    private var bits: [UInt64]
    private let shift: UInt32

    /// - Parameter capacity: How many it is for: of so many one in 64 that are not in it is said to be.
    init(capacity: Int) {
        let width = min(max(16, Int.bitWidth - (capacity * 64).leadingZeroBitCount), 22)
        bits = [UInt64](repeating: 0, count: 1 << (width - 6))
        shift = UInt32(UInt32.bitWidth - width)
    }

    /// - Parameter gram: In the order of their bytes, the first one is the least.
    @inline(__always)
    func contains(_ gram: UInt32) -> Bool {
        let index = place(gram)
        return bits[index >> 6] >> UInt64(index & 63) & 1 == 1
    }

    mutating func insert(_ gram: UInt32) {
        let index = place(gram)
        bits[index >> 6] |= 1 << UInt64(index & 63)
    }

    @inline(__always)
    private func place(_ gram: UInt32) -> Int { Int((gram &* 0x9E37_79B1) >> shift) }
}

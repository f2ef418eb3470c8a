/// Inflates one stream (RFC 1951).
struct DeflateReader {
    static let damaged = GitError(.invalid, "the body is not gzip, or is damaged")

    private let input: [UInt8]
    /// The next byte to be read. Once all was read: the first behind the stream.
    private(set) var position: Int
    private let limit: Int
    private var bits: UInt32 = 0
    private var bitCount = 0
    private var output: [UInt8] = []

    init(_ input: [UInt8], from position: Int, limit: Int) {
        self.input = input
        self.position = position
        self.limit = limit
    }

    /// - Throws: ``GitError`` with `invalid` or `tooLarge`.
    mutating func read() throws(GitError) -> [UInt8] {
        var isLast = false
        while !isLast {
            isLast = try take(1) == 1
            switch try take(2) {
            case 0: try copyStored()
            case 1: try readCompressed(Self.fixedLiterals, Self.fixedDistances)
            case 2:
                let (literals, distances) = try readCodes()
                try readCompressed(literals, distances)
            default: throw Self.damaged
            }
        }
        return output
    }

    /// The next bits as a number, the first the lowest.
    private mutating func take(_ count: Int) throws(GitError) -> Int {
        while bitCount < count {
            guard position < input.count else { throw Self.damaged }
            bits |= UInt32(input[position]) << UInt32(bitCount)
            position += 1
            bitCount += 8
        }
        defer {
            bits >>= UInt32(count)
            bitCount -= count
        }
        return Int(bits & (1 << UInt32(count) - 1))
    }

    private mutating func symbol(_ code: PrefixCode) throws(GitError) -> Int {
        var walk = PrefixCode.Walk()
        while true {
            if let symbol = code.symbol(after: try take(1), &walk) { return symbol }
            guard walk.length < PrefixCode.longest else { throw Self.damaged }
        }
    }

    private mutating func append(_ byte: UInt8) throws(GitError) {
        guard output.count < limit else {
            throw GitError(.tooLarge, "the body has more than \(limit) bytes when inflated")
        }
        output.append(byte)
    }

    private mutating func copyStored() throws(GitError) {
        // Begins at the next whole byte; never more than seven bits are held.
        bits = 0
        bitCount = 0
        guard position + 4 <= input.count else { throw Self.damaged }
        let length = Int(input[position]) | Int(input[position + 1]) << 8
        guard length == ~(Int(input[position + 2]) | Int(input[position + 3]) << 8) & 0xffff,
            position + 4 + length <= input.count
        else { throw Self.damaged }
        position += 4
        for byte in input[position..<position + length] { try append(byte) }
        position += length
    }

    private mutating func readCompressed(_ literals: PrefixCode, _ distances: PrefixCode) throws(GitError) {
        while true {
            let symbol = try symbol(literals)
            switch symbol {
            case ..<256: try append(UInt8(symbol))
            case 256: return
            case ..<(257 + Self.lengths.count):
                let (base, extra) = Self.lengths[symbol - 257]
                try copy(length: base + take(extra), distances)
            default: throw Self.damaged
            }
        }
    }

    private mutating func copy(length: Int, _ distances: PrefixCode) throws(GitError) {
        let symbol = try symbol(distances)
        guard symbol < Self.distances.count else { throw Self.damaged }
        let (base, extra) = Self.distances[symbol]
        let distance = try base + take(extra)
        guard distance <= output.count else { throw Self.damaged }
        // One at a time: it may reach into what it writes.
        for _ in 0..<length { try append(output[output.count - distance]) }
    }

    /// The two codes of a block, themselves in a third (section 3.2.7).
    private mutating func readCodes() throws(GitError) -> (PrefixCode, PrefixCode) {
        let literalCount = try take(5) + 257
        let distanceCount = try take(5) + 1
        var lengths = [UInt8](repeating: 0, count: 19)
        for place in Self.order.prefix(try take(4) + 4) { lengths[place] = UInt8(try take(3)) }
        let code = try PrefixCode(lengths)
        lengths = []
        while lengths.count < literalCount + distanceCount {
            switch try symbol(code) {
            case let length where length < 16: lengths.append(UInt8(length))
            case 16:
                guard let last = lengths.last else { throw Self.damaged }
                lengths += Array(repeating: last, count: try take(2) + 3)
            case 17: lengths += Array(repeating: 0, count: try take(3) + 3)
            default: lengths += Array(repeating: 0, count: try take(7) + 11)
            }
        }
        guard lengths.count == literalCount + distanceCount else { throw Self.damaged }
        return (try PrefixCode(Array(lengths[..<literalCount])), try PrefixCode(Array(lengths[literalCount...])))
    }

    private static let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

    /// The shortest length or distance of each symbol, and how many bits more follow (section 3.2.5).
    private static let lengths: [(Int, Int)] =
        zip(
            [
                3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195,
                227, 258,
            ], [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0]
        ).map { ($0, $1) }
    private static let distances: [(Int, Int)] = (0..<30).map { symbol in
        let extra = max(0, symbol / 2 - 1)
        return symbol < 2 ? (symbol + 1, 0) : ((2 + symbol % 2) << extra + 1, extra)
    }

    private static let fixedLiterals = PrefixCode(
        complete: Array(repeating: 8, count: 144) + Array(repeating: 9, count: 112) + Array(repeating: 7, count: 24)
            + Array(repeating: 8, count: 8))
    private static let fixedDistances = PrefixCode(complete: Array(repeating: 5, count: 30))
}

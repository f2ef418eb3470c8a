/// A Huffman code as deflate has it, given by the length of each symbol's code alone (RFC 1951, section 3.2.2).
struct PrefixCode {
    static let longest = 15

    /// How many codes there are of each length.
    private var counts = [Int](repeating: 0, count: longest + 1)
    /// The symbols in the order of their codes.
    private var symbols: [Int] = []

    /// Where in a code a reader is.
    struct Walk {
        var length = 0
        fileprivate var code = 0
        fileprivate var first = 0
        fileprivate var index = 0
    }

    /// - Parameter lengths: at most 15 each; 0 for a symbol that does not occur.
    /// - Throws: `invalid` where there are more codes than bits can tell apart. Fewer are no harm: whoever reads one that
    ///   is none comes to no symbol.
    init(_ lengths: [UInt8]) throws(GitError) {
        self.init(complete: lengths)
        var left = 1
        for count in counts.dropFirst() {
            left = left << 1 - count
            guard left >= 0 else { throw DeflateReader.damaged }
        }
    }

    /// - Parameter lengths: known to be those of a code.
    init(complete lengths: [UInt8]) {
        for length in lengths where length > 0 { counts[Int(length)] += 1 }
        for length in 1...Self.longest {
            symbols += lengths.indices.filter { Int(lengths[$0]) == length }
        }
    }

    /// The symbol whose code ends with this bit, if one does.
    func symbol(after bit: Int, _ walk: inout Walk) -> Int? {
        walk.length += 1
        walk.code |= bit
        let count = counts[walk.length]
        if walk.code - walk.first < count { return symbols[walk.index + walk.code - walk.first] }
        walk.index += count
        walk.first = (walk.first + count) << 1
        walk.code <<= 1
        return nil
    }
}

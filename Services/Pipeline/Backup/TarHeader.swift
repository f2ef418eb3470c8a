import FoundationEssentials

/// The head of a file in a tar archive (ustar), with the sizes of GNU's for files of 8 GiB and more.
struct TarHeader: Sendable, Equatable {
    static let length = 512

    /// At most 100 bytes.
    var name: String
    var size: Int64

    /// How many zeros follow a file of a size.
    static func padding(after size: Int64) -> Int {
        Int((Int64(length) - size % Int64(length)) % Int64(length))
    }

    var block: [UInt8] {
        var block = [UInt8](repeating: 0, count: Self.length)
        func put(_ text: String, at place: Int) {
            block.replaceSubrange(place..<place + text.utf8.count, with: text.utf8)
        }
        put(name, at: 0)
        put("0000600", at: 100)
        put("0000000", at: 108)
        put("0000000", at: 116)
        if size < 1 << 33 {
            put(Self.octal(size, digits: 11), at: 124)
        } else {
            block[124] = 0x80
            for index in 0..<8 { block[128 + index] = UInt8(truncatingIfNeeded: size >> (8 * (7 - index))) }
        }
        put("00000000000", at: 136)
        put("        ", at: 148)
        put("0", at: 156)
        put("ustar", at: 257)
        put("00", at: 263)
        put(Self.octal(Self.sum(block), digits: 6), at: 148)
        block[154] = 0
        return block
    }

    init(name: String, size: Int64) {
        self.name = name
        self.size = size
    }

    /// - Returns: `nil` for a block that is no head of a plain file.
    init?(_ block: [UInt8]) {
        guard block.count == Self.length, block[156] == UInt8(ascii: "0") || block[156] == 0 else { return nil }
        var blank = block
        blank.replaceSubrange(148..<156, with: Array("        ".utf8))
        guard Self.number(block[148..<156]) == Self.sum(blank),
            let name = String(validating: block[0..<100].prefix { $0 != 0 }, as: UTF8.self), !name.isEmpty
        else { return nil }
        let size: Int64?
        if block[124] == 0x80 {
            size = Int64(exactly: block[128..<136].reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
        } else {
            size = Self.number(block[124..<136])
        }
        guard let size else { return nil }
        self.init(name: name, size: size)
    }

    private static func sum(_ block: [UInt8]) -> Int64 { block.reduce(0) { $0 + Int64($1) } }

    private static func octal(_ number: Int64, digits: Int) -> String {
        let text = String(number, radix: 8)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    private static func number(_ field: ArraySlice<UInt8>) -> Int64? {
        let digits = field.filter { $0 != 0 && $0 != UInt8(ascii: " ") }
        return digits.isEmpty ? nil : Int64(String(decoding: digits, as: UTF8.self), radix: 8)
    }
}

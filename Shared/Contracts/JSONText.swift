import Text

/// JSON written member by member, in the bytes ``Wire/encode(_:)`` would give and in a tenth of its time: for what is made
/// for every hook. Its user names the members of an object in the order of their bytes.
public struct JSONText: Sendable {
    /// What is written so far, in UTF-8.
    public private(set) var bytes: [UInt8] = []
    private var needsComma = false

    /// - Parameter capacity: how many bytes it will have, about.
    public init(capacity: Int) {
        bytes.reserveCapacity(capacity)
    }

    /// Writes an object.
    /// - Throws: what `members` throws.
    public mutating func object<Failure: Error>(_ members: (inout JSONText) throws(Failure) -> Void) throws(Failure) {
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
        try members(&self)
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    /// Writes a member that holds an object.
    /// - Throws: what `members` throws.
    public mutating func member<Failure: Error>(
        _ name: StaticString, _ members: (inout JSONText) throws(Failure) -> Void
    ) throws(Failure) {
        self.name(name)
        try object(members)
    }

    /// Writes a member that holds a text; none for `nil`.
    public mutating func member(_ name: StaticString, _ value: String?) {
        guard let value else { return }
        self.name(name)
        text(value)
    }

    public mutating func member(_ name: StaticString, _ value: Bool) {
        self.name(name)
        bytes.append(contentsOf: value ? "true".utf8 : "false".utf8)
    }

    /// Writes a member that holds a whole number; none for `nil`.
    public mutating func member(_ name: StaticString, _ value: Int?) {
        guard let value else { return }
        self.name(name)
        bytes.append(contentsOf: "\(value)".utf8)
    }

    /// Writes a member that holds texts by their names.
    public mutating func member(_ name: StaticString, _ values: [String: String]) {
        self.name(name)
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
        for (key, value) in values.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            if needsComma { bytes.append(UInt8(ascii: ",")) }
            text(key)
            bytes.append(UInt8(ascii: ":"))
            text(value)
            needsComma = true
        }
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    private mutating func name(_ name: StaticString) {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
        bytes.append(UInt8(ascii: "\""))
        name.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func text(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        text.utf8Span.span.withUnsafeBufferPointer { utf8 in
            if Self.hasEscaped(utf8) {
                for byte in utf8 {
                    if let sequence = JSONEscape.sequence(for: byte) { bytes += sequence } else { bytes.append(byte) }
                }
            } else {
                bytes.append(contentsOf: utf8)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Eight bytes at a time: most texts have none.
    private static func hasEscaped(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        let raw = UnsafeRawBufferPointer(bytes)
        var index = 0
        while index + 8 <= raw.count {
            if hasEscaped(raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)) { return true }
            index += 8
        }
        return bytes[index...].contains(where: isEscaped)
    }

    /// Whether one of eight bytes is a control character, a quote or a backslash. A byte less than `n` gets its highest
    /// bit, if it had none, by taking `n` away; a quote and a backslash are made zero first, which is less than one. The
    /// borrow may make the byte above a found one look found: that changes nothing.
    private static func hasEscaped(_ word: UInt64) -> Bool {
        let each: UInt64 = 0x0101_0101_0101_0101
        let quotes = word ^ each &* UInt64(UInt8(ascii: "\""))
        let backslashes = word ^ each &* UInt64(UInt8(ascii: "\\"))
        let found =
            (word &- each &* 0x20) & ~word | (quotes &- each) & ~quotes | (backslashes &- each) & ~backslashes
        return found & (each &* 0x80) != 0
    }

    private static func isEscaped(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }
}

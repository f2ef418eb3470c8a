/// Reads gzip (RFC 1952) as Git clients send it, in this process: to start a program takes longer than the fetch has
/// time for.
public enum Gzip {
    /// - Parameter limit: bytes of the result.
    /// - Throws: ``GitError`` with `invalid` where it is no gzip, or is damaged, and `tooLarge`.
    public static func inflate(_ bytes: [UInt8], limit: Int) throws(GitError) -> [UInt8] {
        var reader = DeflateReader(bytes, from: try header(bytes), limit: limit)
        let output = try reader.read()
        let end = reader.position
        guard bytes.count == end + 8, word(bytes, end) == checksum(output),
            word(bytes, end + 4) == UInt32(truncatingIfNeeded: output.count)
        else { throw DeflateReader.damaged }
        return output
    }

    /// Where the compressed data begins.
    private static func header(_ bytes: [UInt8]) throws(GitError) -> Int {
        // The smallest there is has a header of 10 bytes, 2 of data, and 8 at its end.
        guard bytes.count >= 20, bytes[0] == 0x1f, bytes[1] == 0x8b, bytes[2] == 8, bytes[3] & 0xe0 == 0 else {
            throw DeflateReader.damaged
        }
        let flags = bytes[3]
        var position = 10
        if flags & 4 != 0 { position += 2 + Int(bytes[10]) + Int(bytes[11]) << 8 }
        // A name and a comment, each ended by a zero.
        for flag: UInt8 in [8, 16] where flags & flag != 0 {
            guard position < bytes.count, let end = bytes[position...].firstIndex(of: 0) else {
                throw DeflateReader.damaged
            }
            position = end + 1
        }
        if flags & 2 != 0 { position += 2 }
        guard position < bytes.count else { throw DeflateReader.damaged }
        return position
    }

    private static func word(_ bytes: [UInt8], _ position: Int) -> UInt32 {
        bytes[position..<position + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// CRC-32 as gzip has it.
    static func checksum(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~0) { $0 >> 8 ^ table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] }
    }

    private static let table: [UInt32] = (0..<256).map { number in
        (0..<8).reduce(UInt32(number)) { value, _ in value >> 1 ^ (value & 1 == 0 ? 0 : 0xedb8_8320) }
    }
}

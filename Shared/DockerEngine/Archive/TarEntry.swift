/// One entry of a tar archive, in the form of POSIX.1-2001 (ustar, with `pax` records where its fields are too small).
struct TarEntry: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        /// With its length in bytes.
        case file(Int64)
        case folder
        /// With its target as it is: links are kept, never followed.
        case link([UInt8])
        /// A named pipe.
        case pipe
    }

    /// Relative, without a leading slash, in whatever encoding the file system has it.
    var path: [UInt8]
    var kind: Kind
    /// Permission bits.
    var mode: UInt32
    /// Seconds since 1970.
    var modifiedAt: Int64
    /// In an image, the files of a context belong to root.
    var user: UInt32 = 0
    var group: UInt32 = 0

    /// Two empty blocks end an archive.
    static let end = [UInt8](repeating: 0, count: 1024)

    /// How many zero bytes fill up the last block of so many bytes.
    static func padding(_ length: Int64) -> Int { Int((512 - length % 512) % 512) }

    /// The header blocks that come before the contents.
    var header: [UInt8] {
        var records: [UInt8] = []
        let path = kind == .folder ? self.path + [UInt8(ascii: "/")] : self.path
        var size: Int64 = 0
        var target: [UInt8] = []
        var type = UInt8(ascii: "0")
        switch kind {
        case .file(let length): size = length
        case .folder: type = UInt8(ascii: "5")
        case .link(let to):
            target = to
            type = UInt8(ascii: "2")
        case .pipe: type = UInt8(ascii: "6")
        }
        if path.count > 100 { records += Self.record("path", path) }
        if target.count > 100 { records += Self.record("linkpath", target) }
        for (key, id) in [("uid", user), ("gid", group)] where id >= 1 << 21 {
            records += Self.record(key, Array("\(id)".utf8))
        }
        if size >= 1 << 33 { records += Self.record("size", Array("\(size)".utf8)) }
        var blocks: [UInt8] = []
        if !records.isEmpty {
            let length = Int64(records.count)
            blocks += Self.block(
                Array("PaxHeaders/\(path.count)".utf8), [], UInt8(ascii: "x"), length, 0o644, modifiedAt)
            blocks += records
            blocks += [UInt8](repeating: 0, count: Self.padding(length))
        }
        blocks += Self.block(
            path, target, type, size < 1 << 33 ? size : 0, mode, modifiedAt,
            user < 1 << 21 ? user : 0, group < 1 << 21 ? group : 0)
        return blocks
    }

    private static func block(
        _ path: [UInt8], _ target: [UInt8], _ type: UInt8, _ size: Int64, _ mode: UInt32, _ time: Int64,
        _ user: UInt32 = 0, _ group: UInt32 = 0
    ) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ text: some Collection<UInt8>, at offset: Int, upTo length: Int) {
            for (index, byte) in text.prefix(length).enumerated() { block[offset + index] = byte }
        }
        func put(octal value: Int64, at offset: Int, digits: Int) {
            let text = String(max(0, value), radix: 8)
            put(String(repeating: "0", count: max(0, digits - text.count)).utf8, at: offset, upTo: digits)
            put(text.utf8, at: offset + max(0, digits - text.count), upTo: digits)
        }
        put(path, at: 0, upTo: 100)
        put(octal: Int64(mode & 0o7777), at: 100, digits: 7)
        put(octal: Int64(user), at: 108, digits: 7)
        put(octal: Int64(group), at: 116, digits: 7)
        put(octal: size, at: 124, digits: 11)
        put(octal: time, at: 136, digits: 11)
        put("        ".utf8, at: 148, upTo: 8)
        block[156] = type
        put(target, at: 157, upTo: 100)
        put("ustar\u{0}00".utf8, at: 257, upTo: 8)
        let sum = block.reduce(Int64(0)) { $0 + Int64($1) }
        put(octal: sum, at: 148, digits: 6)
        block[154] = 0
        return block
    }

    /// `length key=value\n`, where the length counts its own digits.
    private static func record(_ key: String, _ value: [UInt8]) -> [UInt8] {
        let rest = Array(" \(key)=".utf8) + value + [UInt8(ascii: "\n")]
        var length = rest.count + 1
        while "\(length)".utf8.count + rest.count != length { length = "\(length)".utf8.count + rest.count }
        return Array("\(length)".utf8) + rest
    }
}

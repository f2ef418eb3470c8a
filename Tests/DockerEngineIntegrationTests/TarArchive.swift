import TestSupport

/// Reads tar archives: ustar with `pax` records.
enum TarArchive {
    struct Entry: Hashable, CustomStringConvertible {
        /// Without the slash at a folder's end.
        var path: [UInt8]
        /// The type flag; a hard link is what it leads to.
        var kind: UInt8
        var mode: Int
        var modifiedAt: Int
        var target: [UInt8]
        var contents: [UInt8]

        var description: String {
            let path = String(decoding: path, as: UTF8.self).debugDescription
            return
                "\(path) \(Character(Unicode.Scalar(kind))) \(String(mode, radix: 8)) \(modifiedAt) \(contents.count)"
        }
    }

    /// In the order of their paths.
    static func entries(_ archive: [UInt8]) throws -> [Entry] {
        var entries: [[UInt8]: Entry] = [:]
        var records: [String: [UInt8]] = [:]
        var position = 0
        while position + 512 <= archive.count, archive[position] != 0 {
            let header = Array(archive[position..<position + 512])
            func text(_ range: Range<Int>) -> [UInt8] { Array(header[range].prefix { $0 != 0 }) }
            func number(_ range: Range<Int>) throws -> Int {
                let digits = String(decoding: text(range).filter { $0 != 32 }, as: UTF8.self)
                guard let number = digits.isEmpty ? 0 : Int(digits, radix: 8) else {
                    throw TestFailure("\(digits) is no octal number")
                }
                return number
            }
            let size = try number(124..<136)
            let contents = Array(archive[position + 512..<position + 512 + size])
            position += 512 + (size + 511) / 512 * 512
            if header[156] == UInt8(ascii: "x") {
                records = try Self.records(contents)
                continue
            }
            let prefix = text(345..<500)
            var path = records["path"] ?? (prefix.isEmpty ? [] : prefix + [UInt8(ascii: "/")]) + text(0..<100)
            if path.last == UInt8(ascii: "/") { path.removeLast() }
            var entry = Entry(
                path: path, kind: header[156], mode: try number(100..<108), modifiedAt: try number(136..<148),
                target: records["linkpath"] ?? text(157..<257), contents: contents)
            records = [:]
            if entry.kind == UInt8(ascii: "1"), let original = entries[entry.target] {
                entry = original
                entry.path = path
            }
            entries[path] = entry
        }
        return entries.values.sorted { $0.path.lexicographicallyPrecedes($1.path) }
    }

    /// `length key=value\n`, one after the other.
    private static func records(_ bytes: [UInt8]) throws -> [String: [UInt8]] {
        var records: [String: [UInt8]] = [:]
        var rest = bytes[...]
        while let space = rest.firstIndex(of: 32) {
            guard let length = Int(String(decoding: rest[..<space], as: UTF8.self)), length <= rest.count,
                let equals = rest.firstIndex(of: UInt8(ascii: "="))
            else { throw TestFailure("broken records") }
            let end = rest.startIndex + length
            records[String(decoding: rest[space + 1..<equals], as: UTF8.self)] = Array(rest[equals + 1..<end - 1])
            rest = rest[end...]
        }
        return records
    }
}

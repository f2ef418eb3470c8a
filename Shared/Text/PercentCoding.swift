/// Percent-encoding of paths and queries (RFC 3986 2.1).
public enum PercentCoding {
    /// Encodes all but what is unreserved (RFC 3986 2.3): whatever is in the text, it stays one segment of a path or one
    /// value of a query.
    /// - Parameter kept: ASCII characters that stay as they are as well, such as the `/` of a path.
    public static func encode(_ text: some StringProtocol, keeping kept: String = "") -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var escaped: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                escaped.append(byte)
            case _ where kept.utf8.contains(byte): escaped.append(byte)
            default: escaped += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: escaped, as: UTF8.self)
    }

    /// `path?a=1&b=2` of the members that have a value; the path is encoded already, and may have a query.
    public static func address(_ path: String, query members: [(String, String?)]) -> String {
        let pairs = members.compactMap { name, value in value.map { "\(encode(name))=\(encode($0))" } }
        return pairs.isEmpty ? path : path + (path.contains("?") ? "&" : "?") + pairs.joined(separator: "&")
    }

    public static func address(_ path: String, query members: [(String, String)]) -> String {
        address(path, query: members.map { ($0, .some($1)) })
    }

    /// - Returns: `nil` for a `%` that two hexadecimal digits do not follow, and for what is no UTF-8.
    public static func decode(_ text: some StringProtocol) -> String? {
        decode(Array(text.utf8)[...], plusIsSpace: false).flatMap { String(validating: $0, as: UTF8.self) }
    }

    /// The first value of a field of a form (`application/x-www-form-urlencoded`, as HTML's forms are sent).
    /// - Returns: `nil` where it is not there, and for a `%` that two hexadecimal digits do not follow.
    public static func field(_ name: StaticString, ofForm form: [UInt8]) -> [UInt8]? {
        let name = name.withUTF8Buffer(Array.init) + [UInt8(ascii: "=")]
        for field in form.split(separator: UInt8(ascii: "&")) where field.starts(with: name) {
            return decode(field.dropFirst(name.count), plusIsSpace: true)
        }
        return nil
    }

    private static func decode(_ text: ArraySlice<UInt8>, plusIsSpace: Bool) -> [UInt8]? {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(text.count)
        var rest = text
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+") where plusIsSpace: decoded.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst().flatMap(Hex.value), let low = rest.popFirst().flatMap(Hex.value) else {
                    return nil
                }
                decoded.append(high << 4 | low)
            default: decoded.append(byte)
            }
        }
        return decoded
    }
}

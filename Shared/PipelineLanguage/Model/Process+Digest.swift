import Contracts
import Crypto
public import FoundationEssentials

extension Process {
    /// The canonical JSON: UTF-8, keys sorted, defaults left out.
    /// - Throws: `EncodingError` for a setting that is no JSON number (infinity).
    public func canonicalJSON() throws -> Data {
        try Wire.encode(self)
    }

    /// The content address of the canonical JSON, `sha256:` and 64 hexadecimal digits.
    public func digest() throws -> String {
        Self.digest(of: try canonicalJSON())
    }

    /// The content address of a canonical JSON that is already at hand.
    public static func digest(of canonicalJSON: Data) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text = Array("sha256:".utf8)
        for byte in SHA256.hash(data: canonicalJSON) {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}

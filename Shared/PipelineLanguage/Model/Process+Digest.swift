import Contracts
import Crypto
public import FoundationEssentials
import Text

extension Process {
    /// The canonical JSON: UTF-8, keys sorted, defaults left out.
    /// - Throws: `EncodingError` for a setting that is no JSON number (infinity).
    public func canonicalJSON() throws -> Data {
        try Wire.encode(self)
    }

    /// The content address of the canonical JSON, `sha256:` and 64 hexadecimal digits.
    /// - Throws: what ``canonicalJSON()`` throws.
    public func digest() throws -> String {
        Self.digest(of: try canonicalJSON())
    }

    /// The content address of a canonical JSON that is already at hand.
    public static func digest(of canonicalJSON: Data) -> String {
        "sha256:" + Hex.encode(SHA256.hash(data: canonicalJSON))
    }
}

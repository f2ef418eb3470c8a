public import Contracts

/// The secret of one repository's webhook: derived from the hook key, so that nobody has to keep it.
public struct HookToken: Sendable {
    private let key: SigningKey

    public init(key: SigningKey) {
        self.key = key
    }

    /// 64 hexadecimal digits: HMAC-SHA256 of `hook\n<path>`.
    public func token(for repository: RepositoryPath) -> String {
        Hex.encode(key.sign(Array("hook\n\(repository.rawValue)".utf8)))
    }

    /// Whether the token is this repository's, in constant time.
    public func verify(_ token: String, for repository: RepositoryPath) -> Bool {
        constantTimeEquals(Array(token.utf8), Array(self.token(for: repository).utf8))
    }
}

/// Lower-case hexadecimal digits.
public enum Hex {
    public static func encode(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}

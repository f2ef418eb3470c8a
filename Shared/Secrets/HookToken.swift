public import Contracts

/// The secret of one repository's webhook: derived from the hook key, so that nobody has to keep it.
public struct HookToken: Sendable {
    private let key: SigningKey

    public init(key: SigningKey) {
        self.key = key
    }

    /// 64 hexadecimal digits: HMAC-SHA256 of `hook\n<path>`.
    public func token(for repository: RepositoryPath) -> String {
        String(decoding: digits(for: repository), as: UTF8.self)
    }

    /// Whether the token is this repository's, in constant time.
    public func verify(_ token: String, for repository: RepositoryPath) -> Bool {
        constantTimeEquals(Array(token.utf8), digits(for: repository))
    }

    private func digits(for repository: RepositoryPath) -> [UInt8] {
        Hex.digits(of: key.sign("hook\n\(repository.rawValue)".utf8))
    }
}

/// Lower-case hexadecimal digits.
public enum Hex {
    public static func encode(_ bytes: [UInt8]) -> String {
        String(decoding: digits(of: bytes), as: UTF8.self)
    }

    static func digits(of bytes: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(2 * bytes.count)
        for byte in bytes {
            text.append(digit(byte >> 4))
            text.append(digit(byte & 15))
        }
        return text
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}

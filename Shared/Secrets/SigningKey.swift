import Crypto
import FoundationEssentials

/// A key that signs with HMAC-SHA256.
public struct SigningKey: Sendable {
    /// The key taken in: to begin a signature is to copy it.
    private let key: HMAC<SHA256>

    /// Reads a key of at least 32 bytes in base64.
    /// - Throws: ``SecretsError`` `malformedKey` that does not hold the text.
    public init(base64 text: String) throws(SecretsError) {
        guard let bytes = Data(base64Encoded: text), bytes.count >= 32 else {
            throw SecretsError(
                .malformedKey, "the key is not at least 32 bytes in base64; make one with openssl rand -base64 32")
        }
        key = HMAC(key: SymmetricKey(data: bytes))
    }

    /// A key of these bytes, whatever their number (a forge's webhook secret).
    public init(bytes: some Collection<UInt8>) {
        key = HMAC(key: SymmetricKey(data: Data(bytes)))
    }

    /// The 32 bytes of the signature.
    public func sign(_ message: some Collection<UInt8>) -> [UInt8] {
        var signature = key
        signature.update(data: Array(message))
        return signature.finalize().withUnsafeBytes { Array($0) }
    }

    /// Whether this is the message's signature, in constant time.
    public func verify(_ signature: some Collection<UInt8>, of message: some Collection<UInt8>) -> Bool {
        constantTimeEquals(sign(message), signature)
    }
}

public import Contracts
import Crypto
import FoundationEssentials
import Text

/// The keys that seal secrets. The first one seals; all of them open, so that a key can be rotated without losing
/// what was sealed before.
public struct KeyRing: Sendable {
    private let keys: [(id: String, key: SymmetricKey)]

    /// Reads `id:base64` entries separated by commas; each key has 32 bytes.
    /// - Throws: ``SecretsError`` that names the entry by its place, never by its value.
    public init(_ text: String) throws(SecretsError) {
        var keys: [(id: String, key: SymmetricKey)] = []
        for (index, entry) in text.split(separator: ",").enumerated() {
            let parts = entry.trimmingWhitespace().split(separator: ":", maxSplits: 1)
            guard parts.count == 2, !parts[0].isEmpty, parts[0].allSatisfy({ $0.isLetter || $0.isNumber || $0 == "-" })
            else {
                throw SecretsError(
                    .malformedKey,
                    "entry \(index + 1) is not an id:base64 pair, such as 2026:<output of openssl rand -base64 32>")
            }
            guard let bytes = Data(base64Encoded: String(parts[1])), bytes.count == 32 else {
                throw SecretsError(
                    .malformedKey, "key “\(parts[0])” is not 32 bytes in base64; make one with openssl rand -base64 32")
            }
            guard !keys.contains(where: { $0.id == parts[0] }) else {
                throw SecretsError(.malformedKey, "key “\(parts[0])” is there twice")
            }
            keys.append((String(parts[0]), SymmetricKey(data: bytes)))
        }
        guard !keys.isEmpty else { throw SecretsError(.malformedKey, "there is no key; give id:base64") }
        self.keys = keys
    }

    /// Seals a text with the first key (AES-256-GCM, a random nonce). `purpose` is authenticated with it: a secret
    /// sealed for one purpose does not open for another.
    /// - Parameters:
    ///   - text: what is kept secret.
    ///   - purpose: what it is for, such as the repository and the name it goes by; not secret.
    /// - Throws: ``SecretsError`` `malformedSecret` where it cannot be sealed.
    public func seal(_ text: String, for purpose: String) throws(SecretsError) -> SealedSecret {
        do {
            let box = try AES.GCM.seal(Data(text.utf8), using: keys[0].key, authenticating: Data(purpose.utf8))
            guard let combined = box.combined else { throw SecretsError(.malformedSecret, "sealing gave no box") }
            return SealedSecret(rawValue: "v1.\(keys[0].id).\(Base64URL.encode(combined))")
        } catch let error as SecretsError {
            throw error
        } catch {
            throw SecretsError(.malformedSecret, "sealing failed: \(error)")
        }
    }

    /// Opens what ``seal(_:for:)`` made, by whichever key sealed it.
    /// - Throws: ``SecretsError`` with the key's id where that key is not here or the secret was changed.
    public func open(_ secret: SealedSecret, for purpose: String) throws(SecretsError) -> String {
        let parts = secret.rawValue.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "v1", let combined = Base64URL.decode(parts[2]) else {
            throw SecretsError(.malformedSecret, "this is not a sealed secret (v1.<key id>.<base64url>)")
        }
        guard let entry = keys.first(where: { $0.id == parts[1] }) else {
            throw SecretsError(
                .unknownKey,
                "the secret was sealed with key “\(parts[1])”, which this service does not have; add it to SLIPWAY_SEAL_KEYS"
            )
        }
        do {
            let box = try AES.GCM.SealedBox(combined: combined)
            let opened = try AES.GCM.open(box, using: entry.key, authenticating: Data(purpose.utf8))
            return String(decoding: opened, as: UTF8.self)
        } catch {
            throw SecretsError(
                .notAuthentic, "the secret does not open with key “\(parts[1])”: it was changed, or the key is another")
        }
    }
}

extension Substring {
    fileprivate func trimmingWhitespace() -> Substring {
        var text = self
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}

import Contracts
import FoundationEssentials
import JWTKit
import Text

/// The keys that a provider signs with, by their ids, and when they were fetched.
struct OpenIDKeys: Sendable {
    /// How long it is before keys are fetched again since a token does not go with them, so that tokens that are forged do
    /// not have the provider asked each time.
    static let pause = Duration.seconds(5)
    /// How long keys are taken without being fetched again: one that the provider takes back is good no longer.
    static let life = Duration.seconds(3600)
    /// What a signature may be made with: never a secret that both know, nor nothing.
    static let algorithms: Set = [
        "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
    ]

    private let keys: [(id: String?, key: JWK)]
    private let fetchedAt: ContinuousClock.Instant

    /// Keys for something else, and of kinds that are not known, are left out.
    /// - Throws: ``OpenIDError`` where it is no list of keys.
    init(_ document: JSONValue, at moment: ContinuousClock.Instant) throws(OpenIDError) {
        guard case .array(let items)? = document["keys"] else {
            throw OpenIDError(.unreachable, "the provider's keys are no list of keys")
        }
        keys = items.compactMap { item in
            guard item["use"]?.string ?? "sig" == "sig", var key = try? item.decode(JWK.self) else { return nil }
            let id = item["kid"]?.string
            key.keyIdentifier = JWKIdentifier(string: id ?? "unnamed")
            return (id, key)
        }
        fetchedAt = moment
    }

    var age: Duration { .now - fetchedAt }

    /// The claims of a token that one of the keys has signed: the one of the id, or without an id the only one there is.
    /// - Throws: ``OpenIDError`` where none has.
    func verify(_ token: String, signedWith id: String?) async throws(OpenIDError) -> OpenIDToken {
        guard let key = id == nil ? (keys.count == 1 ? keys[0].key : nil) : keys.first(where: { $0.id == id })?.key
        else {
            throw OpenIDError(
                .badToken, "the provider's ID token is signed with the key “\(id ?? "")”, which it does not have")
        }
        do {
            return try await JWTKeyCollection().add(jwk: key).verify(token, as: OpenIDToken.self)
        } catch {
            throw OpenIDError(.badToken, "the signature of the provider's ID token is not good")
        }
    }

    /// The id of the key that a token says it is signed with, before that is checked.
    /// - Throws: ``OpenIDError`` where it is no signed token, or signed in another way than is taken.
    static func keyID(of token: String) throws(OpenIDError) -> String? {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let data = Base64URL.decode(parts[0]),
            let header = try? Wire.decode(JSONValue.self, from: data), let algorithm = header["alg"]?.string
        else { throw OpenIDError(.badToken, "the provider's ID token is no signed token") }
        guard algorithms.contains(algorithm) else {
            throw OpenIDError(
                .badToken, "the provider's ID token is signed with “\(algorithm)”, which is not taken")
        }
        return header["kid"]?.string
    }
}

import Crypto
import FoundationEssentials
import Secrets
import Text

/// One attempt of a browser to sign in at the provider: all its values are made of one secret, which that browser alone
/// keeps, so that nothing is kept here.
///
/// The state (RFC 6749, 10.12) binds the answer to the browser, the nonce binds the ID token to the attempt, and the
/// verifier (RFC 7636) the code to whoever asked for it. None of them tells the secret.
struct OpenIDRequest: Sendable, Equatable {
    /// How long an attempt may take.
    static let life = 600

    let secret: String

    /// - Parameter secret: of 256 random bits.
    init(secret: String) { self.secret = secret }

    static func make() -> OpenIDRequest { OpenIDRequest(secret: AccessStore.random(prefix: "")) }

    var state: String { derive("state") }
    var nonce: String { derive("nonce") }
    var verifier: String { derive("verifier") }
    var challenge: String { Base64URL.encode(Data(SHA256.hash(data: Data(verifier.utf8)))) }

    /// Whether an answer is this attempt's.
    func isOwn(state: String) -> Bool { constantTimeEquals(Array(state.utf8), Array(self.state.utf8)) }

    private func derive(_ purpose: String) -> String {
        let code = HMAC<SHA256>.authenticationCode(
            for: Data(purpose.utf8), using: SymmetricKey(data: Data(secret.utf8)))
        return Base64URL.encode(Data(code))
    }
}

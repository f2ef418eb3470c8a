import Contracts
import JWTKit
import Secrets

/// The claims of an ID token whose signature is good (OpenID Connect Core 1.0, section 2). What it claims is checked by
/// ``check(_:nonce:now:)``.
struct OpenIDToken: JWTPayload {
    let claims: JSONValue

    init(claims: JSONValue) { self.claims = claims }

    init(from decoder: any Decoder) throws { claims = try JSONValue(from: decoder) }

    func encode(to encoder: any Encoder) throws { try claims.encode(to: encoder) }

    func verify(using algorithm: some JWTAlgorithm) {}

    /// How far two clocks may be apart, in seconds.
    static let leeway = 60.0

    /// Whether it is of this provider, for this client and this attempt, and good now (section 3.1.3.7).
    /// - Returns: the subject.
    /// - Throws: ``OpenIDError``.
    func check(
        _ configuration: OpenIDConfiguration, nonce: String, now: Timestamp
    ) throws(OpenIDError) -> String {
        guard let issuer = claims["iss"]?.string, issuer == configuration.issuer else {
            throw bad("was made by “\(claims["iss"]?.string ?? "")”, not by “\(configuration.issuer)”")
        }
        let audience = claims["aud"]?.strings ?? []
        guard audience.contains(configuration.clientID) else {
            throw bad("is for “\(audience.joined(separator: ", "))”, not for “\(configuration.clientID)”")
        }
        let party = claims["azp"]?.string
        guard party == configuration.clientID || (party == nil && audience.count == 1) else {
            throw bad("was given to “\(party ?? "")”, not to “\(configuration.clientID)”")
        }
        let seconds = Double(now.milliseconds) / 1000
        guard let end = claims["exp"]?.number, end + Self.leeway > seconds else { throw bad("has expired") }
        guard let begin = claims["iat"]?.number, begin - Self.leeway <= seconds,
            (claims["nbf"]?.number ?? begin) - Self.leeway <= seconds
        else { throw bad("is not good yet: see that both clocks are right") }
        guard let claimed = claims["nonce"]?.string, constantTimeEquals(Array(claimed.utf8), Array(nonce.utf8)) else {
            throw bad("is of another attempt to sign in")
        }
        guard let subject = claims["sub"]?.string, (1...255).contains(subject.utf8.count) else {
            throw bad("does not say whose it is")
        }
        return subject
    }

    private func bad(_ what: String) -> OpenIDError { OpenIDError(.badToken, "the provider's ID token \(what)") }
}

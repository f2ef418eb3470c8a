/// An OpenID Connect provider that people sign in with, and what Slipway is known as there.
struct OpenIDConfiguration: Sendable, Equatable {
    /// Such as `https://gitlab.example`; what it calls itself, to the letter.
    var issuer: String
    var clientID: String
    /// None where Slipway is a public client there.
    var clientSecret: String?
    /// Where the provider sends people back to.
    var redirectURL: String
    var scopes = ["openid", "profile", "email"]
    /// The claim with a person's groups.
    var groupsClaim = "groups"
    /// What people know it as.
    var label: String
    /// How long a browser stays signed in, since only a new sign-in shows which groups and people are gone.
    var sessionLife = Duration.seconds(24 * 3600)
}

/// Who a provider says somebody is.
struct OpenIDIdentity: Sendable, Equatable {
    var subject: String
    /// What they are called where they sign in, where that is told.
    var username: String?
    var displayName: String?
    var email: String?
    var groups: [String]
}

/// Why somebody could not be signed in.
struct OpenIDError: Error, Sendable, Equatable, CustomStringConvertible {
    enum Code: Sendable {
        /// The provider does not answer, or not as it should.
        case unreachable
        /// The provider refuses the person, or Slipway.
        case refused
        /// What it signed is not good: for another one, over, or signed by somebody else.
        case badToken
        /// The answer is of no request of this browser's, or comes too late.
        case stale
    }

    let code: Code
    let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    var description: String { message }
}

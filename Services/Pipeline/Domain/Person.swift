import Contracts

/// A person as the platform knows them; what they may do is their account's.
struct Person: Sendable, Equatable {
    /// Who an OpenID provider says they are: its issuer, and the subject, which it never gives to another one.
    struct Identity: Sendable, Equatable {
        var issuer: String
        var subject: String
    }

    /// The account's name, in lower case.
    let name: String
    var displayName: String
    var email: String?
    /// None with a local account.
    var identity: Identity?
    /// The provider's groups, as of the last sign-in.
    var groups: [String]
    var hasPassword: Bool
    let createdAt: Timestamp
    /// None until they have signed in for the first time.
    var signedInAt: Timestamp?
    var blockedAt: Timestamp?

    var view: PersonView {
        PersonView(
            name: name, displayName: displayName, email: email, issuer: identity?.issuer, groups: groups,
            hasPassword: hasPassword, createdAt: createdAt, signedInAt: signedInAt, blockedAt: blockedAt)
    }
}

/// Where a request to sign in comes from.
struct Visitor: Sendable, Equatable {
    var address: String
    /// What one client has: the address, or of IPv6 its network.
    var network: String
    /// What the browser calls itself.
    var agent: String?
    /// The session that the browser has already, which ends where it signs in anew.
    var session: String?

    static let unknown = Visitor(address: "unknown", network: "unknown", agent: nil)
}

/// A browser that is signed in.
struct Session: Sendable, Equatable {
    let id: String
    let account: String
    /// The hash of the token it was begun with, where it was: it limits what the session may.
    let token: String?
    let createdAt: Timestamp
    let usedAt: Timestamp
    let expiresAt: Timestamp
    let client: String?
    let agent: String?

    func view(isCurrent: Bool) -> SessionView {
        SessionView(
            id: id, person: account, createdAt: createdAt, usedAt: usedAt, expiresAt: expiresAt, client: client,
            agent: agent, isCurrent: isCurrent)
    }
}

/// How long a browser stays signed in.
struct SessionPolicy: Sendable, Equatable {
    /// From its beginning.
    var life = Duration.seconds(30 * 86_400)
    /// Without being used.
    var idle = Duration.seconds(72 * 3600)
    /// For how long after its person has signed in at a provider a token may be used.
    var tokenHold = Duration.seconds(30 * 86_400)
    /// How old the moment may get that says when it was last used, which spares a write with each request.
    static let precision = Duration.seconds(300)
    /// How far ahead the clock may have been that something was begun by; what has even longer to go is not good, so that
    /// nothing lives for as long as a clock was wrong.
    static let leeway = Duration.seconds(86_400)

    /// Whether somebody has signed in at the provider lately enough for their tokens.
    func holds(_ signedInAt: Timestamp?, now: Timestamp) -> Bool {
        guard let signedInAt else { return false }
        return signedInAt.adding(tokenHold) > now && signedInAt <= now.adding(Self.leeway)
    }
}

/// A link that signs somebody in, once.
struct SignInLink: Sendable, Equatable {
    static let prefix = "l_"
    /// How long one is good.
    static let life = Duration.seconds(24 * 3600)

    /// Whom; none where who opens it chooses a name and becomes an administrator.
    let account: String?
    let expiresAt: Timestamp
}

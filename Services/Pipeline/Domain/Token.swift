import Contracts

/// A token as it is kept, without what it is.
struct Token: Sendable, Equatable {
    var name: String
    /// Whose it is.
    var account: String
    var limit = Rights.Limit.none
    var createdAt: Timestamp
    var expiresAt: Timestamp?
    var usedAt: Timestamp?
    /// Who made it.
    var madeBy: String?
    /// The name of the token that it was made with, and ends with.
    var parent: String?
    /// What is kept of it; empty before it is kept.
    var hash = ""

    var view: TokenView {
        TokenView(
            name: name, account: account, role: limit.role, repositories: limit.scopes?.map(\.text),
            createdAt: createdAt, expiresAt: expiresAt, usedAt: usedAt, madeBy: madeBy, parent: parent)
    }

    func isExpired(at now: Timestamp) -> Bool { expiresAt.map { $0 <= now } ?? false }
}

/// Whoever does something with the platform, by the name that is kept with it: no other one is ever given that name.
struct Account: Sendable, Equatable {
    enum Kind: String, Sendable {
        case person
        /// A program's: it signs in with tokens alone.
        case service
    }

    var name: String
    var kind: Kind
    var createdBy: String?
    var createdAt: Timestamp
    /// Since when it may do nothing more.
    var blockedAt: Timestamp?
}

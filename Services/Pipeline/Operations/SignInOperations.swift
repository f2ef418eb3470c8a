import Contracts
import Storage
import Synchronization

/// How people get in: by their password, by a token, by a link that works once, and how a command does with the help of a
/// browser.
///
/// A wrong name, a wrong password, an account without one and one that is blocked are told apart by nobody outside: the
/// same refusal, after the same time.
final class SignInOperations: Sendable {
    /// A session that was begun.
    struct Begun: Sendable, Equatable {
        let secret: String
        let account: String
        let life: Duration
    }

    /// How long the token of a login is good.
    static let tokenLife = Duration.seconds(90 * 86_400)
    /// How many bytes a password may have.
    static let passwordLength = 12...1024

    let store: PipelineStore
    let hasher: PasswordHasher
    let policy: SessionPolicy
    let publicURL: String
    /// The provider that people sign in with, where there is one.
    let openID: OpenIDProvider?
    /// Attempts that failed, until they are written.
    let failures = Mutex(FailedSignIns())
    let failed = Signal()

    init(
        store: PipelineStore, hasher: PasswordHasher, policy: SessionPolicy, publicURL: String,
        openID: OpenIDProvider? = nil
    ) {
        self.store = store
        self.hasher = hasher
        self.policy = policy
        self.publicURL = publicURL
        self.openID = openID
    }

    /// Begins a session with a token, which then may what the token may.
    func signIn(token: String, from visitor: Visitor) async throws -> Begun {
        try await noting(.token, from: visitor) { try await enter(token, from: visitor) }
    }

    private func enter(_ token: String, from visitor: Visitor) async throws -> Begun {
        try await store.write { [self] transaction in
            guard let kept = try Access.token(token, policy, in: transaction, now: transaction.now) else {
                throw OperationError(.notSignedIn, "wrong_token", "the token is wrong", remedy: Access.remedy)
            }
            return try begin(kept.account, with: .token, token: AccessStore.hash(token), in: transaction, from: visitor)
        }
    }

    /// Ends a session; one that is over stays so.
    func signOut(_ secret: String, from visitor: Visitor) async throws {
        try await store.write { [policy] transaction in
            guard let session = try transaction.sessions.find(secret, policy, now: transaction.now) else { return }
            try transaction.sessions.remove(secret)
            try transaction.audit(.signOut, of: session.account, token: session.token, from: visitor)
        }
    }

    /// Begins a session in the place of the one that the browser had.
    func begin(
        _ account: String, with way: SignInWay, token: String? = nil, in transaction: Transaction, from visitor: Visitor
    ) throws -> Begun {
        if let old = visitor.session { try transaction.sessions.remove(old) }
        var life = policy.life
        if let configuration = openID?.configuration, try transaction.people.providerSignIn(of: account) != nil {
            life = min(life, configuration.sessionLife)
        }
        let secret = AccessStore.random(prefix: "s_")
        let now = transaction.now
        try transaction.sessions.add(
            secret,
            Session(
                id: MessageID.make(at: now).rawValue, account: account, token: token, createdAt: now, usedAt: now,
                expiresAt: now.adding(life), client: visitor.address,
                agent: visitor.agent.map { String($0.prefix(300)) }))
        if token == nil { try transaction.people.signedIn(account, now: now) }
        try transaction.audit(
            .signIn, of: account, token: token, from: visitor, after: ["with": .string(way.rawValue)])
        return Begun(secret: secret, account: account, life: life)
    }

    /// Signs a command in: makes a personal token.
    static func token(
        named name: String, of account: String, with way: SignInWay, in transaction: Transaction, from visitor: Visitor
    ) throws -> PersonalToken {
        guard let account = try transaction.accounts.find(account), account.blockedAt == nil else { throw noLink }
        let name = "\(account.name)/\(name)"
        guard name.utf8.count <= 250, KeptName.isValid(String(name.dropFirst(account.name.count + 1))) else {
            throw KeptName.malformed("token", name)
        }
        let secret = AccessStore.random(prefix: "slp_")
        let end = transaction.now.adding(tokenLife)
        let token = Token(
            name: name, account: account.name, createdAt: transaction.now, expiresAt: end, madeBy: account.name)
        try transaction.access.add(token, secret, isRenewal: true)
        try transaction.audit(
            .signIn, of: account.name, token: nil, from: visitor, after: ["with": .string(way.rawValue)])
        try transaction.audits.add(
            AuditEntry(
                at: transaction.now, account: account.name, via: "sign-in", origin: visitor.address,
                operation: Operation.makeToken.rawValue, subject: name, after: .audited(token.view)))
        return PersonalToken(person: account.name, name: name, token: secret, expiresAt: end)
    }
}

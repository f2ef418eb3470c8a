import Contracts
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

    /// How long a link is good.
    static let linkLife = Duration.seconds(24 * 3600)
    /// How long the token of a login is good.
    static let tokenLife = Duration.seconds(90 * 86_400)
    /// How many bytes a password may have.
    static let passwordLength = 12...1024

    let store: PipelineStore
    private let hasher: PasswordHasher
    let policy: SessionPolicy
    private let publicURL: String
    /// The provider that people sign in with, where there is one.
    let openID: OpenIDProvider?
    private let attempts = Mutex(AttemptLimit())
    private let logins = Mutex(PendingLogins())

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

    // MARK: - Passwords

    /// Begins a session with a password.
    /// - Throws: ``OperationError`` where the name or the password is wrong, and where there were too many attempts.
    func signIn(
        name: String, password: String, from visitor: Visitor, now: Timestamp = .now
    ) async throws -> Begun {
        let name = name.lowercased()
        let kept = try await checked(name, password, from: visitor, now: now) { transaction in
            guard let person = try transaction.people.find(name), person.blockedAt == nil else { return nil }
            return try transaction.people.password(of: name)
        }
        return try await store.write { [self] transaction in
            // Changed or blocked while it was checked.
            guard try transaction.people.password(of: name) == kept.old,
                try transaction.people.find(name)?.blockedAt == nil
            else { throw Self.wrong }
            if let new = kept.new { try transaction.people.savePassword(new, of: name) }
            return try begin(name, in: transaction, from: visitor)
        }
    }

    /// Sets the password of the person who asks; all their other sessions end.
    func changePassword(
        _ request: PasswordRequest, as principal: Principal, from visitor: Visitor, now: Timestamp = .now
    ) async throws {
        try principal.require(.changeOwnAccount)
        guard let session = principal.session, principal.token == nil else {
            throw OperationError(
                .forbidden, "not_a_session", "a token cannot change a password", remedy: "sign in with a browser")
        }
        let name = principal.name
        try Self.check(request.password, of: name)
        let old = try await store.read { try $0.people.password(of: name) }
        if old != nil {
            _ = try await checked(name, request.current ?? "", from: visitor, now: now) { _ in old }
        }
        let hash = try await waiting { try await hasher.hash(request.password) }.kept
        try await store.write { transaction in
            guard try transaction.people.password(of: name) == old else {
                throw OperationError(.conflict, "password_changed", "the password was changed meanwhile")
            }
            try Self.keep(hash, of: name, in: transaction)
            try transaction.sessions.removeAll(of: name, but: session)
            try transaction.people.removeLinks(of: name)
            try transaction.audit(.changeOwnAccount, by: principal, of: name, after: ["password": "given"])
        }
    }

    /// Keeps a password, unless it would let somebody in whom a provider lets in no more.
    private static func keep(_ hash: String, of name: String, in transaction: Transaction) throws {
        guard try transaction.people.find(name)?.identity == nil else {
            throw OperationError(
                .forbidden, "provider_account", "“\(name)” signs in at the provider and has no password here",
                remedy: "leave the password empty, or change it at the provider")
        }
        try transaction.people.savePassword(hash, of: name)
    }

    /// Compares a password with what is kept, as often as that may be done.
    /// - Returns: what is kept, and what is to be kept in its place where its cost was raised.
    private func checked(
        _ name: String, _ password: String, from visitor: Visitor, now: Timestamp,
        _ kept: @escaping @Sendable (Snapshot) throws -> String?
    ) async throws -> (old: String, new: String?) {
        let subjects = [AttemptLimit.Subject.account(String(name.prefix(100))), .source(visitor.network)]
        do throws(AttemptLimit.Refusal) {
            try attempts.withLock { attempts throws(AttemptLimit.Refusal) in try attempts.take(subjects, now: now) }
        } catch {
            throw OperationError(
                .tooMany, "too_many_attempts", "too many attempts to sign in \(error.subject)",
                remedy: "try again in \(error.seconds) s; whoever administers the platform can make you a link",
                retryAfter: error.seconds)
        }
        let text = try await store.read(kept)
        let hash = text.flatMap(PasswordHash.init(kept:))
        guard password.utf8.count <= Self.passwordLength.upperBound,
            let isOutdated = try await waiting({ try await hasher.check(password, against: hash) }), let text
        else { throw Self.wrong }
        attempts.withLock { $0.release(subjects) }
        return (text, isOutdated ? try await waiting { try await hasher.hash(password) }.kept : nil)
    }

    private func waiting<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch is PasswordHasher.Full {
            throw OperationError(
                .tooMany, "too_many_sign_ins", "\(PasswordHasher.places) passwords are being checked already",
                remedy: "try again in a few seconds", retryAfter: 5)
        }
    }

    private static let wrong = OperationError(
        .notSignedIn, "wrong_password", "the name or the password is wrong",
        remedy: "who has no password yet signs in with a link; whoever administers the platform makes one")

    static func check(_ password: String, of name: String) throws(OperationError) {
        guard passwordLength.contains(password.utf8.count) else {
            throw .invalid(
                "unfit_password", "a password has at least \(passwordLength.lowerBound) characters",
                remedy: "a sentence of some words is good and easy to keep in mind")
        }
        guard password.lowercased() != name else {
            throw .invalid("unfit_password", "the password is the name", remedy: "take another one")
        }
    }

    // MARK: - Tokens

    /// Begins a session with a token, which then may what the token may.
    func signIn(token: String, from visitor: Visitor) async throws -> Begun {
        try await store.write { [self] transaction in
            guard let kept = try Access.token(token, in: transaction, now: transaction.now) else {
                throw OperationError(.notSignedIn, "wrong_token", "the token is wrong", remedy: Access.remedy)
            }
            return try begin(kept.account, token: AccessStore.hash(token), in: transaction, from: visitor)
        }
    }

    /// Ends a session; one that is over stays so.
    func signOut(_ secret: String) async throws { try await store.write { try $0.sessions.remove(secret) } }

    func begin(
        _ account: String, token: String? = nil, life: Duration? = nil, in transaction: Transaction,
        from visitor: Visitor
    ) throws -> Begun {
        let life = life ?? policy.life
        let secret = AccessStore.random(prefix: "s_")
        let now = transaction.now
        try transaction.sessions.add(
            secret,
            Session(
                id: MessageID.make(at: now).rawValue, account: account, token: token, createdAt: now, usedAt: now,
                expiresAt: now.adding(life), client: visitor.address,
                agent: visitor.agent.map { String($0.prefix(300)) }))
        if token == nil { try transaction.people.signedIn(account, now: now) }
        try transaction.audits.add(
            AuditEntry(
                at: now, account: account, via: "session", origin: visitor.address, operation: "account.sign-in",
                subject: account))
        return Begun(secret: secret, account: account, life: life)
    }

    // MARK: - Links

    /// Makes a link that signs somebody in.
    /// - Parameter account: whom; `nil` for one that makes an administrator of whoever opens it first.
    func link(for account: String?, by principal: Principal, in transaction: Transaction) throws -> LinkGrant {
        let code = AccessStore.random(prefix: SignInLink.prefix)
        let end = transaction.now.adding(Self.linkLife)
        try transaction.people.addLink(
            code, for: account, by: principal.name, until: end, now: transaction.now)
        return LinkGrant(
            name: account, url: publicURL + PagePath.link.path(query: [("code", code)]), expiresAt: end)
    }

    /// Whose a link is; looking at it does not use it up.
    func look(at code: String) async throws -> SignInLink {
        guard let link = try await store.read({ try $0.people.link(code, now: .now) }) else { throw Self.noLink }
        return link
    }

    /// Begins a session with a link.
    /// - Parameters:
    ///   - name: who it is to be, where the link leaves that open.
    ///   - password: to sign in with from now on.
    func redeem(
        _ code: String, name: String?, displayName: String?, password: String?, from visitor: Visitor
    ) async throws -> Begun {
        let link = try await look(at: code)
        if let password { try Self.check(password, of: link.account ?? name ?? "") }
        var hash: String?
        if let password { hash = try await waiting { try await hasher.hash(password) }.kept }
        return try await store.write { [self, hash] transaction in
            let account = try Self.use(code, name: name, displayName: displayName, in: transaction)
            if let hash {
                try Self.keep(hash, of: account, in: transaction)
                // Whoever knew the old one is out.
                try transaction.sessions.removeAll(of: account)
            }
            return try begin(account, in: transaction, from: visitor)
        }
    }

    /// Makes a personal token with a link.
    func redeem(_ request: LinkRequest) async throws -> PersonalToken {
        try await store.write { transaction in
            let account = try Self.use(request.code, name: request.name, displayName: nil, in: transaction)
            try transaction.people.signedIn(account, now: transaction.now)
            return try Self.token(named: request.token, of: account, in: transaction)
        }
    }

    /// Uses a link up, and makes the account where there is none yet.
    private static func use(
        _ code: String, name: String?, displayName: String?, in transaction: Transaction
    ) throws -> String {
        guard let link = try transaction.people.link(code, now: transaction.now),
            try transaction.people.removeLink(code)
        else { throw noLink }
        // Whoever came by one of these would be the first no more.
        try transaction.people.removeOpenLinks()
        if let account = link.account { return account }
        let name = try PeopleOperations.name(name ?? "")
        try PeopleOperations.add(
            name, displayName: displayName, email: nil, by: Principal.administrator, in: transaction)
        try transaction.accounts.grant(
            Rights.Grant(role: .administrator, scope: .all), to: name, by: Principal.administrator.name,
            now: transaction.now)
        return name
    }

    private static let noLink = OperationError(
        .notFound, "unknown_link", "this link was used before, or is too old",
        remedy: "ask for another one; on the platform's machine pipeline link make makes one")

    // MARK: - Commands that a browser lets in

    func begin(_ request: LoginRequest, from visitor: Visitor, now: Timestamp = .now) throws -> LoginStart {
        let host = String(
            request.host.filter { $0.isASCII && ($0.isLetter || $0.isNumber || "-._".contains($0)) }.prefix(64))
        let code = AccessStore.random(prefix: "c_")
        let login = logins.withLock {
            $0.begin(
                AccessStore.hash(code), host: host.isEmpty ? "unknown" : host, visitor: visitor,
                userCode: PendingLogins.makeUserCode(), now: now)
        }
        guard let login else {
            throw OperationError(
                .tooMany, "too_many_logins", "too many commands wait to be signed in",
                remedy: "let those in that wait, or try again in a minute", retryAfter: 60)
        }
        return LoginStart(
            code: code, userCode: login.userCode,
            url: publicURL + PagePath.login.path(query: [("code", login.userCode)]), expiresAt: login.expiresAt,
            interval: PendingLogins.interval)
    }

    /// The command that waits under a code that a person was shown.
    func login(_ userCode: String, now: Timestamp = .now) throws -> PendingLogins.Login {
        guard let login = logins.withLock({ $0.find(userCode.uppercased(), now: now) }) else { throw Self.noLogin }
        return login
    }

    /// - Parameter allows: whether the command may act as the person who asks.
    func decide(_ userCode: String, allows: Bool, as principal: Principal, now: Timestamp = .now) throws {
        try principal.require(.changeOwnAccount)
        guard principal.session != nil, principal.token == nil else {
            throw OperationError(
                .forbidden, "not_a_session", "a token cannot let another command in",
                remedy: "open the page with a browser")
        }
        let verdict = allows ? PendingLogins.Verdict.allowed(account: principal.name) : .refused
        guard logins.withLock({ $0.decide(userCode.uppercased(), verdict, now: now) }) != nil else {
            throw Self.noLogin
        }
    }

    /// The token of a command that was let in.
    func poll(_ request: LoginPoll, now: Timestamp = .now) async throws -> LoginAnswer {
        switch logins.withLock({ $0.poll(AccessStore.hash(request.code), now: now) }) {
        case .waiting: return LoginAnswer(token: nil)
        case .unknown: throw Self.noLogin
        case .decided(.refused, _):
            throw OperationError(.forbidden, "login_refused", "the person at the browser refused it")
        case .decided(.allowed(let account), let host):
            return LoginAnswer(
                token: try await store.write { try Self.token(named: "login.\(host)", of: account, in: $0) })
        }
    }

    private static let noLogin = OperationError(
        .notFound, "unknown_login", "no command waits under this code, or it has waited for too long",
        remedy: "begin again: slipway login")

    private static func token(
        named name: String, of account: String, in transaction: Transaction
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
        try transaction.access.add(token, secret)
        try transaction.audits.add(
            AuditEntry(
                at: transaction.now, account: account.name, via: "session", operation: Operation.makeToken.rawValue,
                subject: name, after: .audited(token.view)))
        return PersonalToken(person: account.name, name: name, token: secret, expiresAt: end)
    }
}

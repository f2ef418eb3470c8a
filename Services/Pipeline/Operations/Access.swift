import Contracts
import Synchronization

/// Who asks for an operation.
///
/// Only ``Access`` makes one for a person or a program, of a token or a session it has found good: who has a principal has
/// been let in, and no operation can be called without one. What it may do, ``Operation`` and its ``rights`` say.
struct Principal: Sendable, Equatable {
    enum Identity: Sendable, Equatable {
        /// A program with a token.
        case token
        /// A browser that signed in.
        case session
        /// Another stage of the platform, over the broker.
        case otherStage
        /// Who administers the service's machine, by a command of its program.
        case administrator
    }

    let identity: Identity
    /// The account's; it is kept with what is decided.
    let name: String
    let isPerson: Bool
    /// Whether they chose their name, at the provider.
    let hasChosenName: Bool
    /// The name of the token, or of the one that the session was begun with.
    let token: String?
    /// That token's hash.
    let tokenHash: String?
    /// Whether its token may do less than its account.
    let isLimited: Bool
    /// Whether its token is one to see with, whatever its account may: who approves is named by account, and not by role.
    let onlySees: Bool
    /// The id of the browser's session; `nil` for a token.
    let session: String?
    /// Those of the sign-in provider that the person is in.
    let groups: [String]
    let rights: Rights
    fileprivate(set) var table = RightsTable.standard
    /// The address that they came from.
    var origin: String?
    /// By what their session or token was good.
    fileprivate var policy = SessionPolicy()

    /// Whether it is a person or a program with the token of this name.
    func has(token name: String) -> Bool { token == name }

    fileprivate init(
        _ identity: Identity, name: String, isPerson: Bool = false, hasChosenName: Bool = false, token: Token? = nil,
        session: String? = nil,
        groups: [String] = [], rights: Rights
    ) {
        self.identity = identity
        self.name = name
        self.isPerson = isPerson
        self.hasChosenName = hasChosenName
        self.token = token?.name
        tokenHash = token?.hash
        isLimited = token.map { $0.limit != .none } ?? false
        onlySees = token?.limit.role == .viewer
        self.session = session
        self.groups = groups
        self.rights = rights
    }

    static let otherStage = Principal(.otherStage, name: "the platform", rights: .all)
    /// Whom the people are made by that a provider signs in.
    static let provider = Principal(.otherStage, name: "the OpenID provider", rights: .none)
    static let administrator = Principal(.administrator, name: "the machine's administrator", rights: .all)
}

/// Who may use the platform: whoever has a token, or a session.
struct Access: Sendable {
    let store: PipelineStore
    let policy: SessionPolicy
    var table = RightsTable.standard
    let uses = TokenUses()

    /// Who has this token.
    /// - Throws: ``OperationError`` where it is none, or over.
    func principal(token text: String, now: Timestamp = .now) async throws -> Principal {
        let found = try await store.read { [self] tables in
            try tables.access.token(text).flatMap { try self.principal(.token, $0, in: tables, now: now) }
        }
        guard var principal = found else {
            throw OperationError(.notSignedIn, "not_signed_in", "the token is wrong", remedy: Self.remedy)
        }
        principal.table = table
        if let name = principal.token { uses.note(name, at: now) }
        return principal
    }

    /// Who has this session.
    /// - Parameter isUse: whether that counts as using it; a page that only stays open uses nothing.
    /// - Throws: ``OperationError`` where it is none, or over.
    func principal(session secret: String, isUse: Bool = true, now: Timestamp = .now) async throws -> Principal {
        let found = try await store.read { [self] tables -> (Session, Principal)? in
            guard let session = try tables.sessions.find(secret, policy, now: now) else { return nil }
            guard let hash = session.token else {
                return (session, try Self.principal(of: session.account, session: session.id, policy, in: tables))
            }
            return try tables.access.token(hash: hash).flatMap {
                try self.principal(.session, $0, session: session.id, in: tables, now: now)
            }.map { (session, $0) }
        }
        guard let (session, found) = found else { throw Self.notSignedIn }
        var principal = found
        principal.table = table
        if isUse, session.usedAt.adding(SessionPolicy.precision) < now {
            try await store.write { try $0.sessions.used(session.id, now: now) }
        }
        return principal
    }

    fileprivate static func principal(
        of account: String, session: String, _ policy: SessionPolicy, in tables: some Tables
    ) throws -> Principal {
        let groups = try tables.people.groups(of: account)
        var principal = Principal(
            .session, name: account, isPerson: true,
            hasChosenName: try tables.people.providerSignIn(of: account) != nil, session: session,
            groups: groups,
            rights: try tables.accounts.rights(of: account, groups: groups))
        principal.policy = policy
        return principal
    }

    /// Who has a token, with what its account may do now; `nil` where the account may do nothing more.
    private func principal(
        _ identity: Principal.Identity, _ token: Token, session: String? = nil, in tables: some Tables, now: Timestamp
    ) throws -> Principal? {
        try Self.principal(identity, token, session: session, policy, in: tables, now: now)
    }

    fileprivate static func principal(
        _ identity: Principal.Identity, _ token: Token, session: String? = nil, _ policy: SessionPolicy,
        in tables: some Tables, now: Timestamp
    ) throws -> Principal? {
        if token.isExpired(at: now) {
            throw OperationError(
                .notSignedIn, "token_expired", "the token “\(token.name)” expired at \(token.expiresAt ?? now)",
                remedy: "make another: slipway token make \(token.name)")
        }
        guard let account = try tables.accounts.find(token.account), account.blockedAt == nil else { return nil }
        // Who has left the provider's is noticed in the end, whatever they have tokens for.
        let known = account.kind == .person ? try tables.people.providerSignIn(of: account.name) : nil
        if let known, !policy.holds(known.at, now: now) {
            throw OperationError(
                .notSignedIn, "sign_in_again",
                "the token “\(token.name)” holds for \(policy.tokenHold.components.seconds / 86_400) days after "
                    + "“\(account.name)” signs in at \(known.issuer), last \(known.at.map { "at \($0)" } ?? "never")",
                remedy: "sign in there again, with a browser or by slipway login")
        }
        let groups = try tables.people.groups(of: account.name)
        var principal = Principal(
            identity, name: account.name, isPerson: account.kind == .person, hasChosenName: known != nil, token: token,
            session: session, groups: groups,
            rights: try tables.accounts.rights(of: account.name, groups: groups).limited(to: token.limit))
        principal.policy = policy
        return principal
    }

    /// A token that lets its account in now; `nil` where it is none, or its account is blocked.
    /// - Throws: ``OperationError`` where it is over.
    static func token(
        _ text: String, _ policy: SessionPolicy, in tables: some Tables, now: Timestamp
    ) throws -> Token? {
        guard let token = try tables.access.token(text),
            try principal(.session, token, policy, in: tables, now: now) != nil
        else { return nil }
        return token
    }

    /// Writes when tokens were last used.
    func noteUses() async throws {
        let noted = uses.take()
        guard !noted.isEmpty else { return }
        try await store.write { try $0.access.note(noted) }
    }

    static let notSignedIn = OperationError(
        .notSignedIn, "not_signed_in", "you are not signed in", remedy: remedy)

    static let remedy =
        "sign in with slipway login; an administrator makes programs a token: slipway token make"
}

extension PipelineStore {
    /// One transaction of somebody who asks. A request may be long under way: what they came with has to be there still,
    /// and to let them do what it did when they were let in.
    /// - Throws: ``OperationError``: `notSignedIn` where their token or session has ended or their account is blocked,
    ///   `forbidden` where their rights have changed; and what the body throws.
    func write<Value: Sendable>(
        as principal: Principal, now: Timestamp = .now, _ body: @escaping @Sendable (Transaction) throws -> Value
    ) async throws -> Value {
        try await write(now: now, actor: principal.mark) { transaction in
            try principal.requireStanding(in: transaction)
            return try body(transaction)
        }
    }
}

extension Principal {
    /// What tells it from others that came by a token or a session; `nil` of the platform itself, which stays what it is.
    var mark: String? {
        switch identity {
        case .token, .session: "\(name) \(tokenHash ?? "-") \(session ?? "-")"
        case .otherStage, .administrator: nil
        }
    }

    fileprivate func requireStanding(in transaction: Transaction) throws {
        guard mark != nil else { return }
        guard var standing = try standing(in: transaction) else { throw Access.notSignedIn }
        (standing.table, standing.origin) = (table, origin)
        guard standing == self else {
            throw OperationError(
                .forbidden, "rights_changed", "what “\(name)” may do has changed since the request began",
                remedy: "send it again")
        }
    }

    /// Who has the same token or session now.
    private func standing(in transaction: Transaction) throws -> Principal? {
        if let session, try transaction.sessions.find(id: session) == nil { return nil }
        if let tokenHash {
            return try transaction.access.token(hash: tokenHash).flatMap {
                try Access.principal(identity, $0, session: session, policy, in: transaction, now: transaction.now)
            }
        }
        return try session.flatMap {
            guard try transaction.accounts.find(name)?.blockedAt == nil else { return nil }
            return try Access.principal(of: name, session: $0, policy, in: transaction)
        }
    }
}

/// When tokens were last used, until it is written: not with each request.
final class TokenUses: Sendable {
    private let uses = Mutex<[String: Timestamp]>([:])

    func note(_ token: String, at moment: Timestamp) { uses.withLock { $0[token] = moment } }

    func take() -> [String: Timestamp] {
        uses.withLock { uses in
            defer { uses = [:] }
            return uses
        }
    }

    func last(_ token: String) -> Timestamp? { uses.withLock { $0[token] } }
}

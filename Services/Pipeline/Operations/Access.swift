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
    /// The name of the token, or of the one that the session was begun with.
    let token: String?
    /// Whether its token may do less than its account.
    let isLimited: Bool
    let rights: Rights

    /// Whether it is a person or a program with the token of this name.
    func has(token name: String) -> Bool { token == name }

    fileprivate init(
        _ identity: Identity, name: String, isPerson: Bool = false, token: String? = nil, isLimited: Bool = false,
        rights: Rights
    ) {
        self.identity = identity
        self.name = name
        self.isPerson = isPerson
        self.token = token
        self.isLimited = isLimited
        self.rights = rights
    }

    static let otherStage = Principal(.otherStage, name: "the platform", rights: .all)
    static let administrator = Principal(.administrator, name: "the machine's administrator", rights: .all)
}

/// Who may use the platform: whoever has a token, or a session made with one.
struct Access: Sendable {
    /// How long a browser stays signed in.
    static let sessionLife = AccessStore.sessionLife

    let store: PipelineStore
    let uses = TokenUses()

    /// Who has this token.
    /// - Throws: ``OperationError`` where it is none, or over.
    func principal(token text: String, now: Timestamp = .now) async throws -> Principal {
        let principal = try await store.read { tables -> Principal? in
            try tables.access.token(text).flatMap { try Self.principal(.token, $0, in: tables, now: now) }
        }
        guard let principal else {
            throw OperationError(.notSignedIn, "not_signed_in", "the token is wrong", remedy: Self.remedy)
        }
        if let name = principal.token { uses.note(name, at: now) }
        return principal
    }

    /// Who has this session.
    /// - Throws: ``OperationError`` where it is none, or over.
    func principal(session: String, now: Timestamp = .now) async throws -> Principal {
        let principal = try await store.read { tables -> Principal? in
            try tables.access.token(ofSession: session, now: now)
                .flatMap { try Self.principal(.session, $0, in: tables, now: now) }
        }
        guard let principal else { throw Self.notSignedIn }
        return principal
    }

    /// Who has a token, with what its account may do now; `nil` where the account may do nothing more.
    private static func principal(
        _ identity: Principal.Identity, _ token: Token, in tables: some Tables, now: Timestamp
    ) throws -> Principal? {
        if token.isExpired(at: now) {
            throw OperationError(
                .notSignedIn, "token_expired", "the token “\(token.name)” expired at \(token.expiresAt ?? now)",
                remedy: "make another: slipway token make \(token.name)")
        }
        guard let account = try tables.accounts.find(token.account), account.blockedAt == nil else { return nil }
        return Principal(
            identity, name: account.name, isPerson: account.kind == .person, token: token.name,
            isLimited: token.limit != .none,
            rights: try tables.accounts.rights(of: account.name).limited(to: token.limit))
    }

    /// Begins a session.
    /// - Returns: its secret.
    /// - Throws: ``OperationError`` where the token is wrong.
    func signIn(token text: String) async throws -> String {
        let session = AccessStore.random(prefix: "s_")
        try await store.write { transaction in
            guard let token = try transaction.access.token(text),
                try Self.principal(.session, token, in: transaction, now: transaction.now) != nil
            else {
                throw OperationError(
                    .notSignedIn, "wrong_token", "the token is wrong", remedy: Self.remedy)
            }
            try transaction.access.addSession(session, token: text, now: transaction.now)
        }
        return session
    }

    /// Ends a session; one that is over stays so.
    func signOut(_ session: String) async throws {
        try await store.write { try $0.access.removeSession(session) }
    }

    /// Writes when tokens were last used.
    func noteUses() async throws {
        let noted = uses.take()
        guard !noted.isEmpty else { return }
        try await store.write { try $0.access.note(noted) }
    }

    static let notSignedIn = OperationError(
        .notSignedIn, "not_signed_in", "you are not signed in", remedy: remedy)

    private static let remedy =
        "the first token is in the file “token” of the service's data folder; slipway token make makes others"
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

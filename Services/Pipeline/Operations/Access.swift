import Contracts

/// Who asks for an operation.
///
/// Only ``Access`` makes one for a person, of a token or a session it has found good: who has a principal has been let
/// in, and no operation can be called without one. Each may do everything.
struct Principal: Sendable, Equatable {
    enum Identity: Sendable, Equatable {
        /// A program with the token.
        case token
        /// A browser that signed in with it.
        case session
        /// Another stage of the platform, over the broker.
        case otherStage
        /// Who administers the service's machine, by a command of its program.
        case administrator
    }

    let identity: Identity
    /// The name of the token, or of the one that the session was begun with; it is kept with what is decided.
    let name: String

    /// Whether it is a person or a program with the token of this name.
    func has(token name: String) -> Bool {
        switch identity {
        case .token, .session: self.name == name
        case .otherStage, .administrator: false
        }
    }

    /// Whether it makes and revokes tokens of other names.
    var managesTokens: Bool { identity == .administrator || has(token: FirstToken.name) }

    fileprivate init(_ identity: Identity, name: String) {
        self.identity = identity
        self.name = name
    }

    static let otherStage = Principal(.otherStage, name: "the platform")
    static let administrator = Principal(.administrator, name: "the machine's administrator")
}

/// Who may use the platform: whoever has the token, or a session made with it.
struct Access: Sendable {
    /// How long a browser stays signed in.
    static let sessionLife = AccessStore.sessionLife

    let store: PipelineStore

    /// Who has this token.
    /// - Throws: ``OperationError`` where it is none.
    func principal(token: String) async throws -> Principal {
        guard let name = try await store.read({ try $0.access.name(ofToken: token) }) else {
            throw OperationError(.notSignedIn, "not_signed_in", "the token is wrong", remedy: Self.remedy)
        }
        return Principal(.token, name: name)
    }

    /// Who has this session.
    /// - Throws: ``OperationError`` where it is none, or over.
    func principal(session: String, now: Timestamp = .now) async throws -> Principal {
        guard let name = try await store.read({ try $0.access.name(ofSession: session, now: now) }) else {
            throw Self.notSignedIn
        }
        return Principal(.session, name: name)
    }

    /// Begins a session.
    /// - Returns: its secret.
    /// - Throws: ``OperationError`` where the token is wrong.
    func signIn(token: String) async throws -> String {
        let session = AccessStore.random(prefix: "s_")
        try await store.write { transaction in
            guard try transaction.access.name(ofToken: token) != nil else {
                throw OperationError(
                    .notSignedIn, "wrong_token", "the token is wrong", remedy: Self.remedy)
            }
            try transaction.access.addSession(session, token: token, now: transaction.now)
        }
        return session
    }

    /// Ends a session; one that is over stays so.
    func signOut(_ session: String) async throws {
        try await store.write { try $0.access.removeSession(session) }
    }

    static let notSignedIn = OperationError(
        .notSignedIn, "not_signed_in", "you are not signed in", remedy: remedy)

    private static let remedy =
        "the first token is in the file “token” of the service's data folder; slipway token make makes others"
}

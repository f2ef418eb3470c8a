import Contracts
import Logging

/// What people and programs sign in with. A token is told once and kept as a hash.
///
/// The first token, like who administers the machine, makes and revokes others; each may be replaced by who has it. With
/// the name of another one anybody could approve what that one may approve.
struct TokenOperations: Sendable {
    let store: PipelineStore
    let first: FirstToken

    /// Their names, and when each was made.
    func all(as principal: Principal) async throws -> [(name: String, createdAt: Timestamp)] {
        try await store.read { try $0.access.tokens() }
    }

    /// Makes a token; the one of that name is good no more, and whoever signed in with it is signed out.
    func make(_ name: String, as principal: Principal) async throws -> String {
        guard KeptName.isValid(name) else { throw KeptName.malformed("token", name) }
        guard principal.managesTokens || principal.has(token: name) else { throw Self.refused(principal) }
        let token = AccessStore.random(prefix: "slp_")
        // The file first: a token that is known but written nowhere would lock everyone out.
        if name == FirstToken.name { try first.write(token) }
        try await store.write { try $0.access.addToken(token, name: name, now: $0.now) }
        return token
    }

    /// Takes a token back, and signs out whoever signed in with it.
    /// - Throws: ``OperationError`` where there is none of that name, and for the last one.
    func revoke(_ name: String, as principal: Principal) async throws {
        guard principal.managesTokens else { throw Self.refused(principal) }
        try await store.write { transaction in
            let names = try transaction.access.tokens().map(\.name)
            guard names.contains(name) else {
                throw OperationError(
                    .notFound, "unknown_token", "there is no token “\(name)”", remedy: "see: slipway token list")
            }
            guard names.count > 1 else {
                throw OperationError(
                    .conflict, "last_token", "“\(name)” is the last token",
                    remedy: "make another first: slipway token make NAME")
            }
            try transaction.access.removeToken(name)
        }
        if name == FirstToken.name { first.remove() }
    }

    private static func refused(_ principal: Principal) -> OperationError {
        OperationError(
            .forbidden, "not_first_token",
            "the token “\(principal.name)” may replace itself and neither make nor revoke others",
            remedy: "sign in with the first token, or use pipeline token on the platform's machine")
    }

    /// Makes the first token where there is none.
    func prepare(as principal: Principal, logger: Logger) async throws {
        guard try await !store.read({ try $0.access.hasToken() }) else { return }
        _ = try await make(FirstToken.name, as: principal)
        logger.notice("made the token to sign in with", metadata: ["path": "\(first.path)"])
    }
}

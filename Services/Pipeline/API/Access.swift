import Contracts
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Storage

/// Who may use the platform: whoever has the token, as a bearer or by a browser's session made with it.
struct Access: Sendable {
    enum Credential: Sendable, Equatable {
        case token
        /// A browser, by its cookie's value.
        case session(String)
    }

    static let cookie = "slipway_session"

    let store: PipelineStore

    /// How the request is signed in, or `nil`.
    func credential(of request: Request, now: Timestamp = .now) async throws -> Credential? {
        if let header = request.headers[.authorization] {
            let parts = header.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
            let token = String(parts[1])
            return try await store.read { try AccessStore(database: $0).isToken(token) } ? .token : nil
        }
        guard let session = request.cookies[Self.cookie]?.value else { return nil }
        return try await isSession(session, now: now) ? .session(session) : nil
    }

    /// Signs a browser in.
    /// - Returns: the cookie to set, or `nil` where the token is wrong.
    func signIn(token: String, isSecure: Bool) async throws -> Cookie? {
        guard let session = try await makeSession(token: token) else { return nil }
        return try Cookie.validated(
            name: Self.cookie, value: session, maxAge: Int(AccessStore.sessionLife.components.seconds), path: "/",
            secure: isSecure, httpOnly: true, sameSite: .strict)
    }

    /// - Returns: the session's secret, or `nil` where the token is wrong.
    func makeSession(token: String) async throws -> String? {
        try await store.write { transaction in
            let access = AccessStore(database: transaction.database)
            guard try access.isToken(token) else { return nil }
            let session = AccessStore.random(prefix: "s_")
            try access.addSession(session, now: transaction.now)
            return session
        }
    }

    func isSession(_ text: String, now: Timestamp = .now) async throws -> Bool {
        try await store.read { try AccessStore(database: $0).isSession(text, now: now) }
    }

    func signOut(_ session: String) async throws {
        try await store.write { try AccessStore(database: $0.database).removeSession(session) }
    }

    /// Whether a request that changes something comes from one of our own pages. A browser sends the cookie with any
    /// request that a page of the same site makes; it also says which page that was, and another site cannot forge it.
    static func isSameOrigin(_ request: Request) -> Bool {
        if let site = request.headers[.secFetchSite] { return site == "same-origin" || site == "none" }
        guard let origin = request.headers[.origin], let host = request.head.authority else { return false }
        return origin == "http://\(host)" || origin == "https://\(host)"
    }
}

extension HTTPField.Name {
    static let secFetchSite = HTTPField.Name(parsed: "sec-fetch-site") ?? .origin
}

/// Lets only requests through that are signed in.
struct AccessMiddleware: RouterMiddleware {
    let access: Access

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        guard let credential = try await access.credential(of: request) else {
            throw APIError(
                .unauthorized, "not_signed_in",
                request.headers[.authorization] == nil ? "you are not signed in" : "the token is wrong",
                remedy:
                    "send Authorization: Bearer <token>; the token is in the file “token” of the service's data folder")
        }
        let isReading = request.method == .get || request.method == .head
        if case .session = credential, !isReading, !Access.isSameOrigin(request) {
            throw APIError(.forbidden, "other_origin", "a page of another site asked for this")
        }
        var context = context
        context.credential = credential
        return try await next(request, context)
    }
}

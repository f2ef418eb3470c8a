import Contracts
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Text
import WebServer

/// Who asks, over HTTP: a program by its bearer token, a browser by the cookie of its session. One cookie and one rule of
/// origin for the API and the pages.
///
/// The cookie is `Lax`: a link in a chat or in a forge opens the page it names, while no request of another site that
/// changes something bears the cookie. What changes something has to say besides that it comes from one of our own pages
/// (``checkOrigin(of:)``), since a page of the same site, such as one of another port or a subdomain, is no other site.
struct BrowserSessions: Sendable {
    /// The cookie's name; behind HTTPS with a prefix by which browsers take it from this very host over HTTPS alone, so
    /// that no neighbour and nobody on the way can put a session of theirs in its place.
    static let cookie = "slipway_session"
    static let secureCookie = "__Host-" + cookie

    let access: Access
    let signIns: SignInOperations
    /// Where people reach this service, such as `https://slipway.example`.
    let publicURL: String

    // MARK: - Who asks

    /// Who asks. What a browser's session is used for has to come from one of our pages where it changes something.
    /// - Parameter isUse: whether a session counts as used.
    /// - Throws: ``OperationError`` where nobody is signed in.
    func principal(of request: Request, from client: Client, isUse: Bool = true) async throws -> Principal {
        var principal = try await unplaced(of: request, from: client, isUse: isUse)
        principal.origin = "\(client)"
        return principal
    }

    private func unplaced(of request: Request, from client: Client, isUse: Bool) async throws -> Principal {
        if let header = request.headers[.authorization] {
            let parts = header.split(separator: " ", maxSplits: 1)
            let token = parts.count == 2 && parts[0].lowercased() == "bearer" ? String(parts[1]) : ""
            return try await access.principal(token: token)
        }
        guard let secret = secret(of: request, from: client) else { throw Access.notSignedIn }
        let principal = try await access.principal(session: secret, isUse: isUse)
        if request.method != .get, request.method != .head { try checkOrigin(of: request) }
        return principal
    }

    /// Whether the token or the session of a request is still one that may do the same, for as long as what answers it goes
    /// on.
    func admission(
        of request: Request, from client: Client, as admitted: Principal
    ) -> @Sendable () async throws -> Bool {
        {
            do {
                return try await principal(of: request, from: client, isUse: false) == admitted
            } catch let error as OperationError where error.kind == .notSignedIn {
                return false
            }
        }
    }

    /// The session a browser says it has.
    func secret(of request: Request, from client: Client) -> String? {
        request.cookies[name(for: client)].flatMap { $0.value.isEmpty ? nil : $0.value }
    }

    /// Whether the request comes from one of our own pages. A browser says so and another site cannot forge it: by
    /// `Sec-Fetch-Site` where the connection is trusted, else by `Origin`. One that says neither is no browser of today;
    /// programs have their token.
    /// - Throws: ``OperationError`` where it does not, or does not say so.
    func checkOrigin(of request: Request) throws(OperationError) {
        let isOurs: Bool
        if let site = request.headers[.secFetchSite] {
            isOurs = site == "same-origin" || site == "none"
        } else if let origin = request.headers[.origin] {
            isOurs = origin == publicURL || request.head.authority.map { origin.isOrigin(of: $0) } ?? false
        } else {
            isOurs = false
        }
        guard isOurs else {
            throw OperationError(
                .forbidden, "other_origin", "the request was not sent by one of our pages",
                remedy: "open the page again; programs send Authorization: Bearer <token>")
        }
    }

    // MARK: - Signing in and out

    /// Where a request comes from.
    func visitor(_ request: Request, from client: Client) -> Visitor {
        var visitor = Visitor(request, client)
        visitor.session = secret(of: request, from: client)
        return visitor
    }

    /// By name and password, or by a token.
    /// - Returns: the cookie to set.
    func signIn(_ credentials: SessionRequest, by request: Request, from client: Client) async throws -> Cookie {
        try checkOrigin(of: request)
        let visitor = visitor(request, from: client)
        if let token = credentials.token {
            return cookie(try await signIns.signIn(token: token, from: visitor), for: client)
        }
        return cookie(
            try await signIns.signIn(
                name: credentials.name ?? "", password: credentials.password ?? "", from: visitor), for: client)
    }

    /// - Returns: the cookie to set.
    func signOut(by request: Request, from client: Client) async throws -> Cookie {
        if let secret = secret(of: request, from: client) {
            try checkOrigin(of: request)
            try await signIns.signOut(secret, from: visitor(request, from: client))
        }
        return cookie("", life: 0, for: client)
    }

    /// The cookie of an attempt to sign in at the provider: its secret, and where to go then.
    func cookie(_ attempt: OpenIDRequest, to place: String, for client: Client) -> Cookie {
        cookie(
            attempt.secret + "." + Base64URL.encode(Data(place.utf8)), life: OpenIDRequest.life,
            name: attemptName(for: client), for: client)
    }

    /// The attempt that a browser keeps.
    func attempt(of request: Request, from client: Client) -> (attempt: OpenIDRequest, place: String)? {
        guard let value = request.cookies[attemptName(for: client)]?.value else { return nil }
        let parts = value.split(separator: ".").map(String.init)
        guard parts.count == 2, let place = Base64URL.decode(parts[1]) else { return nil }
        return (OpenIDRequest(secret: parts[0]), String(decoding: place, as: UTF8.self))
    }

    /// An attempt is over.
    func noAttempt(for client: Client) -> Cookie { cookie("", life: 0, name: attemptName(for: client), for: client) }

    /// The cookie of a session that was begun.
    func cookie(_ session: SignInOperations.Begun, for client: Client) -> Cookie {
        cookie(session.secret, life: Int(session.life.components.seconds), for: client)
    }

    private func cookie(_ value: String, life: Int, name: String? = nil, for client: Client) -> Cookie {
        Cookie(
            name: name ?? self.name(for: client), value: value, maxAge: life, path: "/", secure: isSecure(client),
            httpOnly: true,
            sameSite: .lax)
    }

    private func name(for client: Client) -> String { isSecure(client) ? Self.secureCookie : Self.cookie }

    private func attemptName(for client: Client) -> String { name(for: client) + "_attempt" }

    /// Whether people come by HTTPS: to this service or to the proxy before it.
    private func isSecure(_ client: Client) -> Bool { client.isSecure || publicURL.hasPrefix("https://") }
}

extension String {
    fileprivate func isOrigin(of host: String) -> Bool { self == "http://\(host)" || self == "https://\(host)" }
}

extension Visitor {
    init(_ request: Request, _ client: Client) {
        self.init(
            address: "\(client)", network: client.address.map { "\($0.network)" } ?? "unknown",
            agent: request.headers[.userAgent])
    }
}

extension HTTPField.Name {
    static let secFetchSite = HTTPField.Name(parsed: "sec-fetch-site") ?? .origin
}

/// Lets only requests through that are signed in.
struct AccessMiddleware: RouterMiddleware {
    let sessions: BrowserSessions

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.principal = try await sessions.principal(of: request, from: context.client)
        return try await next(request, context)
    }
}

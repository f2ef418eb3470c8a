import Contracts
import FoundationEssentials
import HTTPClient
import Logging
import Text

/// An OpenID Connect provider, over HTTP: authorization code with PKCE (OpenID Connect Core 1.0, RFC 6749, RFC 7636).
///
/// What it says of itself and its keys are kept for a while. A key that is not there is looked for once more, as after the
/// provider has changed its key.
actor OpenIDProvider {
    nonisolated let configuration: OpenIDConfiguration
    private let http: HTTPClient
    private let authorities: String?
    private var discovery: (OpenIDDiscovery, ContinuousClock.Instant)?
    private var keys: OpenIDKeys?

    /// - Parameter authorities: a PEM file of those that are trusted besides the system's.
    init(_ configuration: OpenIDConfiguration, authorities: String? = nil, logger: Logger) {
        self.configuration = configuration
        self.authorities = authorities
        http = HTTPClient(logger: logger)
    }

    func shutdown() async { await http.shutdown() }

    /// Where the browser goes.
    /// - Throws: ``OpenIDError`` where the provider does not answer.
    func address(for request: OpenIDRequest) async throws -> String {
        let address = try await discover().authorization
        let query: [(String, String)] = [
            ("response_type", "code"), ("client_id", configuration.clientID),
            ("redirect_uri", configuration.redirectURL), ("scope", configuration.scopes.joined(separator: " ")),
            ("state", request.state), ("nonce", request.nonce), ("code_challenge", request.challenge),
            ("code_challenge_method", "S256"),
        ]
        let mark = address.contains("?") ? "&" : "?"
        return address + mark
            + query.map { "\($0)=\(PercentCoding.encode($1))" }.joined(separator: "&")
    }

    /// Who has come back with a code.
    /// - Throws: ``OpenIDError``.
    func identity(code: String, for request: OpenIDRequest, now: Timestamp = .now) async throws -> OpenIDIdentity {
        let discovery = try await discover()
        let tokens = try await exchange(code, for: request, at: discovery)
        guard let text = tokens["id_token"]?.string else {
            throw OpenIDError(.unreachable, "the provider gave no ID token: let the client have the scope openid")
        }
        let token = try await verified(text, discovery)
        let subject = try token.check(configuration, nonce: request.nonce, now: now)
        var claims = token.claims
        // What is not in the token, as GitLab's groups, is told to who has the access token.
        if claims[configuration.groupsClaim] == nil, let address = discovery.userInfo,
            let access = tokens["access_token"]?.string
        {
            let told = try await userInfo(address, access)
            // Section 5.3.2: another one's are not taken.
            guard told["sub"]?.string == subject else {
                throw OpenIDError(.badToken, "the provider told of another person than it signed in")
            }
            claims = told
        }
        func claim(_ name: String) -> String? {
            let value = token.claims[name]?.string ?? claims[name]?.string
            return value.flatMap { $0.isEmpty ? nil : $0 }
        }
        return OpenIDIdentity(
            subject: subject, username: claim("preferred_username") ?? claim("nickname"), displayName: claim("name"),
            email: claim("email"), groups: claims[configuration.groupsClaim]?.strings ?? [])
    }

    // MARK: - Requests

    private func discover() async throws -> OpenIDDiscovery {
        if let (known, moment) = discovery, ContinuousClock.now - moment < OpenIDKeys.life { return known }
        var issuer = configuration.issuer
        while issuer.hasSuffix("/") { issuer.removeLast() }
        let document = try await get("\(issuer)/.well-known/openid-configuration")
        let found = try OpenIDDiscovery(document, issuer: configuration.issuer)
        discovery = (found, .now)
        return found
    }

    private func verified(_ token: String, _ discovery: OpenIDDiscovery) async throws -> OpenIDToken {
        let id = try OpenIDKeys.keyID(of: token)
        var problem: OpenIDError?
        if let known = keys, known.age < OpenIDKeys.life {
            do throws(OpenIDError) {
                return try await known.verify(token, signedWith: id)
            } catch {
                problem = error
            }
            // It may have another key by now, also under the same id; a token that is forged has none.
            if let problem, known.age < OpenIDKeys.pause { throw problem }
        }
        let fetched = try OpenIDKeys(try await get(discovery.keys), at: .now)
        keys = fetched
        return try await fetched.verify(token, signedWith: id)
    }

    private func exchange(
        _ code: String, for request: OpenIDRequest, at discovery: OpenIDDiscovery
    ) async throws -> JSONValue {
        var fields = [
            ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", configuration.redirectURL),
            ("code_verifier", request.verifier),
        ]
        var post = HTTPRequest(.post, discovery.token)
        if let secret = configuration.clientSecret, !discovery.wantsSecretInBody {
            // RFC 6749, 2.3.1: both are encoded as in a form.
            post.authentication = .basic(
                username: PercentCoding.encode(configuration.clientID), password: PercentCoding.encode(secret))
        } else {
            fields.append(("client_id", configuration.clientID))
            if let secret = configuration.clientSecret { fields.append(("client_secret", secret)) }
        }
        post.headers.add("Content-Type", "application/x-www-form-urlencoded")
        post.body = .bytes(
            Array(fields.map { "\($0)=\(PercentCoding.encode($1))" }.joined(separator: "&").utf8))
        return try await send(post)
    }

    private func userInfo(_ address: String, _ token: String) async throws -> JSONValue {
        var request = HTTPRequest(.get, address)
        request.authentication = .bearer(token)
        return try await send(request)
    }

    private func get(_ address: String) async throws -> JSONValue { try await send(HTTPRequest(.get, address)) }

    /// No redirect is followed, a megabyte is read at most, and ten seconds are waited.
    private func send(_ request: HTTPRequest) async throws -> JSONValue {
        var request = request
        request.headers.add("Accept", "application/json")
        request.totalTimeout = .seconds(10)
        request.connectTimeout = .seconds(5)
        request.tls = authorities.map { HTTPRequest.TLS(authorities: .file($0)) }
        let status: Int
        let body: [UInt8]
        do {
            let response = try await http.send(request)
            status = response.status
            body = try await response.body.collect(upTo: 1 << 20)
        } catch {
            if Task.isCancelled { throw CancellationError() }
            throw OpenIDError(.unreachable, "\(request.url) does not answer: \(error.message)")
        }
        let document = try? Wire.decode(JSONValue.self, from: Data(body))
        guard (200..<300).contains(status), let document else {
            // RFC 6749, 5.2: what it says of it.
            let said = [document?["error"]?.string, document?["error_description"]?.string].compactMap(\.self)
                .joined(separator: ": ")
            throw OpenIDError(
                document?["error"] == nil ? .unreachable : .refused,
                "\(request.url) answered \(status)\(said.isEmpty ? "" : ": \(said.prefix(300))")")
        }
        return document
    }
}

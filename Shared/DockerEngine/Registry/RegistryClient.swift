import FoundationEssentials
public import HTTPClient

/// Asks a registry what it holds, apart from any engine: what is deployed is what the registry itself says.
public struct RegistryClient: Sendable {
    private let client: HTTPClient
    /// Hosts (with their port) spoken to without TLS, besides loopback.
    private let plainHosts: Set<String>

    /// - Parameter plainHosts: Registries without TLS, as `host:port`. Those on loopback need not be named.
    public init(client: HTTPClient, plainHosts: Set<String> = []) {
        self.client = client
        self.plainHosts = plainHosts
    }

    private static let manifestTypes = [
        "application/vnd.oci.image.index.v1+json", "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    ].joined(separator: ", ")

    /// The digest of the manifest an image's tag or digest stands for.
    /// - Throws: `notFound` if there is none, `unauthorized` if the login does not do.
    public func digest(
        of image: ImageReference, login: RegistryCredentials?
    ) async throws(DockerError) -> String {
        let scheme = Self.isLoopback(image.host) || plainHosts.contains(image.registry) ? "http" : "https"
        let host = image.host.map { $0 == "docker.io" ? "registry-1.docker.io" : $0 } ?? "registry-1.docker.io"
        let path = image.host == nil && !image.path.contains("/") ? "library/\(image.path)" : image.path
        let reference = image.digest ?? image.tag ?? "latest"
        var request = HTTPRequest(
            .head, "\(scheme)://\(host)/v2/\(path)/manifests/\(reference)", headers: ["Accept": Self.manifestTypes],
            totalTimeout: .seconds(60))
        var response = try await send(request, image)
        if response.status == 401 {
            let challenge = response.headers.all("WWW-Authenticate").lazy.compactMap(AuthenticationChallenge.init).first
            switch challenge {
            case nil:
                throw DockerError(.unauthorized, "the registry of \(image) refuses and does not say what it wants")
            case .basic:
                guard let login else { throw Self.refusal(image, login) }
                request.authentication = .basic(username: login.username, password: login.password)
            case .bearer(let realm, let service, let scope):
                let token = try await token(
                    realm, service: service, scope: scope ?? "repository:\(path):pull", login, image, scheme)
                request.authentication = .bearer(token)
            }
            response = try await send(request, image)
        }
        switch response.status {
        case 200: break
        case 401, 403: throw Self.refusal(image, login)
        case 404: throw DockerError(.notFound, "the registry holds no \(image)")
        default: throw DockerError(.transferFailed, "the registry of \(image) answers \(response.status)")
        }
        guard let digest = response.headers["Docker-Content-Digest"], ImageReference.isDigest(digest) else {
            throw DockerError(.protocolViolation, "the registry of \(image) does not tell its digest")
        }
        return digest
    }

    private struct TokenReply: Decodable {
        var token: String?
        var accessToken: String?

        enum CodingKeys: String, CodingKey {
            case token
            case accessToken = "access_token"
        }
    }

    private func token(
        _ realm: String, service: String?, scope: String, _ login: RegistryCredentials?, _ image: ImageReference,
        _ scheme: String
    ) async throws(DockerError) -> String {
        // A login given to a registry over TLS is not sent on without it.
        guard realm.hasPrefix("https://") || (scheme == "http" && realm.hasPrefix("http://")) else {
            throw DockerError(.unauthorized, "the registry of \(image) sends logins to an address without TLS")
        }
        var query = "scope=\(DockerEngine.percentEncode(scope))"
        if let service { query += "&service=\(DockerEngine.percentEncode(service))" }
        var request = HTTPRequest(
            .get, realm + (realm.contains("?") ? "&" : "?") + query, totalTimeout: .seconds(60))
        if let login { request.authentication = .basic(username: login.username, password: login.password) }
        let response = try await send(request, image)
        guard response.isSuccess else { throw Self.refusal(image, login) }
        do {
            let bytes = try await response.body.collect(upTo: 1 << 20)
            let reply = try JSONDecoder().decode(TokenReply.self, from: Data(bytes))
            if let token = reply.token ?? reply.accessToken { return token }
        } catch {
            throw DockerError(.protocolViolation, "the token service of \(image) gives no token", cause: error)
        }
        throw DockerError(.protocolViolation, "the token service of \(image) gives no token")
    }

    private func send(_ request: HTTPRequest, _ image: ImageReference) async throws(DockerError) -> HTTPResponse {
        do {
            return try await client.send(request)
        } catch {
            let code: DockerError.Code = error.code == .cancelled ? .cancelled : .unreachable
            throw DockerError(code, "the registry of \(image) does not answer", cause: error)
        }
    }

    private static func refusal(_ image: ImageReference, _ login: RegistryCredentials?) -> DockerError {
        let what = login.map { "refuses the \($0)" } ?? "wants a login and there is none"
        return DockerError(.unauthorized, "the registry of \(image) \(what)")
    }

    static func isLoopback(_ host: String?) -> Bool {
        guard let host else { return false }
        let name = host.hasPrefix("[") ? "[::1]" : String(host.split(separator: ":").first ?? "")
        return name == "localhost" || name.hasPrefix("127.") || (name == "[::1]" && host.hasPrefix("[::1]"))
    }
}

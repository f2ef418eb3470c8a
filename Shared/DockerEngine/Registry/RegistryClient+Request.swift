import FoundationEssentials
import HTTPClient
import Text

extension RegistryClient {
    private static let manifestTypes = [
        "application/vnd.oci.image.index.v1+json", "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    ].joined(separator: ", ")

    /// Asks for a manifest, again while the registry may answer otherwise a little later.
    /// - Returns: An answer of status 200.
    func ask(
        _ method: HTTPRequest.Method, _ image: ImageReference, _ login: RegistryCredentials?
    ) async throws(DockerError) -> HTTPResponse {
        var attempt = 1
        while true {
            let failure: (problem: DockerError, retryAfter: Duration?)
            switch try await answer(method, image, login) {
            case .manifest(let response): return response
            case .later(let problem, let retryAfter): failure = (problem, retryAfter)
            }
            guard let delay = retry.delay(after: attempt, retryAfter: failure.retryAfter) else {
                guard attempt > 1 else { throw failure.problem }
                throw DockerError(
                    failure.problem.code, "\(failure.problem.message), \(attempt) times", cause: failure.problem.cause)
            }
            do {
                try await retry.pause(delay)
            } catch {
                throw DockerError(.cancelled, "the registry of \(image): cancelled", cause: error)
            }
            attempt += 1
        }
    }

    private enum Answer {
        case manifest(HTTPResponse)
        /// It may be another one later; what the registry says of when.
        case later(DockerError, Duration?)
    }

    private func answer(
        _ method: HTTPRequest.Method, _ image: ImageReference, _ login: RegistryCredentials?
    ) async throws(DockerError) -> Answer {
        let response: HTTPResponse
        do {
            response = try await authenticated(method, image, login)
        } catch {
            guard error.code == .unreachable else { throw error }
            return .later(error, nil)
        }
        switch response.status {
        case 200: return .manifest(response)
        case 401, 403: throw Self.refusal(image, login)
        case 404: throw DockerError(.notFound, "the registry holds no \(image)")
        case let status:
            let problem = DockerError(.transferFailed, "the registry of \(image) answers \(status)")
            guard TransferRetry.isTransient(status: status) else { throw problem }
            return .later(problem, response.headers.retryAfter(now: Int64(Date.now.timeIntervalSince1970)))
        }
    }

    /// One request, and one more with what the registry's challenge asks for. A login that it asked for by itself goes along
    /// with the first for ten minutes.
    private func authenticated(
        _ method: HTTPRequest.Method, _ image: ImageReference, _ login: RegistryCredentials?
    ) async throws(DockerError) -> HTTPResponse {
        let address = await address(of: image)
        let isHub = image.registry == "docker.io"
        let path = isHub && !image.path.contains("/") ? "library/\(image.path)" : image.path
        let reference = image.digest ?? image.tag ?? "latest"
        var request = HTTPRequest(
            method, "\(address)/v2/\(path)/manifests/\(reference)", headers: ["Accept": Self.manifestTypes],
            tls: tls, totalTimeout: .seconds(60))
        if let login, seenLogins.scheme(of: image.registry) == Self.basic {
            request.authentication = .basic(username: login.username, password: login.password)
            return try await send(request, image)
        }
        let response = try await send(request, image)
        guard response.status == 401 else { return response }
        let challenge = AuthenticationChallenge.first(of: response)
        switch challenge {
        case nil:
            throw DockerError(
                .unauthorized, "the registry of \(image) refuses the request and does not say how to sign in")
        case .basic:
            guard let login else { throw Self.refusal(image, login) }
            _ = seenLogins.note(Self.basic, of: image.registry)
            request.authentication = .basic(username: login.username, password: login.password)
        case .bearer(let realm, let service, let scope):
            let answer = try await token(
                realm, service: service, scope: scope ?? "repository:\(path):pull", login, image)
            switch answer {
            case .token(let token): request.authentication = .bearer(token)
            case .later(let response): return response
            }
        }
        return try await send(request, image)
    }

    private static let basic = "basic"

    private struct TokenReply: Decodable {
        var token: String?
        var accessToken: String?

        enum CodingKeys: String, CodingKey {
            case token
            case accessToken = "access_token"
        }
    }

    private enum TokenAnswer {
        case token(String)
        /// The token service is overloaded; the answer says so.
        case later(HTTPResponse)
    }

    private func token(
        _ realm: String, service: String?, scope: String, _ login: RegistryCredentials?, _ image: ImageReference
    ) async throws(DockerError) -> TokenAnswer {
        guard TokenRealms.isAsSafe(realm, as: await address(of: image)) else {
            throw DockerError(.unauthorized, "the registry of \(image) sends logins to an address without TLS")
        }
        if login != nil { try permit(realm, for: image) }
        var request = HTTPRequest(
            .get, PercentCoding.address(realm, query: [("scope", scope), ("service", service)]), tls: tls,
            totalTimeout: .seconds(60))
        if let login { request.authentication = .basic(username: login.username, password: login.password) }
        let response = try await send(request, image)
        if TransferRetry.isTransient(status: response.status) { return .later(response) }
        guard response.isSuccess else { throw Self.refusal(image, login) }
        do {
            let bytes = try await response.body.collect(upTo: 1 << 20)
            let reply = try JSONDecoder().decode(TokenReply.self, from: Data(bytes))
            if let token = reply.token ?? reply.accessToken { return .token(token) }
        } catch {
            throw DockerError(.protocolViolation, "the token service of \(image) gives no token", cause: error)
        }
        throw DockerError(.protocolViolation, "the token service of \(image) gives no token")
    }

    private func send(_ request: HTTPRequest, _ image: ImageReference) async throws(DockerError) -> HTTPResponse {
        do {
            return try await client.send(request)
        } catch {
            switch error.code {
            case .cancelled: throw DockerError(.cancelled, "the registry of \(image): cancelled", cause: error)
            case .untrusted:
                throw DockerError(
                    .untrusted,
                    "the certificate of the registry \(image.registry) is not trusted; name the authority that signed "
                        + "it with SLIPWAY_CA_FILE", cause: error)
            case _ where error.isTransient:
                throw DockerError(.unreachable, "the registry of \(image) does not answer", cause: error)
            default:
                throw DockerError(.protocolViolation, "the registry of \(image) cannot be asked", cause: error)
            }
        }
    }

    private static func refusal(_ image: ImageReference, _ login: RegistryCredentials?) -> DockerError {
        let what = login.map { "refuses the \($0)" } ?? "requires a login and none is set"
        return DockerError(.unauthorized, "the registry of \(image) \(what)")
    }
}

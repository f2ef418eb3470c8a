import FoundationEssentials
public import HTTPClient

/// Asks a registry what it holds, apart from any engine: what is deployed is what the registry itself says.
///
/// A registry that is overloaded (429, 500 to 504) or out of reach is asked again, as `Retry-After` says.
public struct RegistryClient: Sendable {
    let client: HTTPClient
    /// Hosts (with their port) spoken to without TLS.
    let plainHosts: Set<String>
    let seenSchemes = SeenSchemes()
    /// The registries that ask for logins themselves.
    let seenLogins = SeenSchemes()
    /// Where logins may go for a token.
    let realms: TokenRealms
    let seenRealms = SeenRealms()
    let tls: HTTPRequest.TLS?
    public var retry: TransferRetry

    /// - Parameters:
    ///   - plainHosts: Registries without TLS, as `host:port`. Those on loopback need not be named: as engines do, they are asked with
    ///     TLS, and without it where that is not what they speak.
    ///   - authorities: The certificate authorities trusted, and no others; `nil`: the system's.
    public init(
        client: HTTPClient, plainHosts: Set<String> = [], realms: TokenRealms = TokenRealms(),
        authorities: HTTPRequest.TLS.PEM? = nil, retry: TransferRetry = TransferRetry()
    ) {
        self.client = client
        self.plainHosts = plainHosts
        self.realms = realms
        tls = authorities.map { HTTPRequest.TLS(authorities: $0) }
        self.retry = retry
    }

    /// Refuses to give a login to an engine that would send it on: it takes tokens from wherever the registry says.
    /// A registry that cannot be asked is left to the engine, which may know how: whatever it then answers is of the
    /// registry that the login is for.
    /// - Throws: `unauthorized` where the registry's token service is on a host that is not permitted.
    public func check(_ login: RegistryCredentials?, for image: ImageReference) async throws(DockerError) {
        guard login != nil else { return }
        let realm: String?
        if let known = seenRealms.realm(of: image.registry) {
            realm = known.realm
        } else {
            realm = await self.realm(of: image)
            if Task.isCancelled { throw DockerError(.cancelled, "the registry of \(image): cancelled") }
            seenRealms.note(realm, of: image.registry)
        }
        if let realm { try permit(realm, for: image) }
    }

    private func realm(of image: ImageReference) async -> String? {
        do {
            let response = try await client.send(
                HTTPRequest(.get, "\(await address(of: image))/v2/", tls: tls, totalTimeout: .seconds(5)))
            guard response.status == 401, case .bearer(let realm, _, _)? = AuthenticationChallenge.first(of: response)
            else { return nil }
            return realm
        } catch {
            return nil
        }
    }

    /// - Throws: `unauthorized` where no login of the image's registry may go to this realm.
    func permit(_ realm: String, for image: ImageReference) throws(DockerError) {
        guard !realms.permit(realm, for: image.registry) else { return }
        let host = TokenRealms.host(of: realm) ?? realm
        throw DockerError(
            .unauthorized,
            "the registry of \(image) has its token service on another host, \(host), where its login is not sent; if "
                + "that is right, permit it with SLIPWAY_REGISTRIES_REALMS=\(image.registry)=\(host)")
    }

    /// The digest of the manifest an image's tag or digest stands for.
    /// - Throws: `notFound` if there is none, `unauthorized` if the login does not do.
    public func digest(
        of image: ImageReference, login: RegistryCredentials?
    ) async throws(DockerError) -> String {
        try Self.digest(try await ask(.head, image, login), image)
    }

    /// The manifest an image's tag or digest stands for, with the platforms of an index.
    /// - Throws: `notFound` if there is none, `unauthorized` if the login does not do.
    public func manifest(
        of image: ImageReference, login: RegistryCredentials?
    ) async throws(DockerError) -> RegistryManifest {
        let response = try await ask(.get, image, login)
        let digest = try Self.digest(response, image)
        do {
            let bytes = try await response.body.collect(upTo: 4 << 20)
            let document = try JSONDecoder().decode(ManifestDocument.self, from: Data(bytes))
            return RegistryManifest(
                digest: digest, platforms: document.platforms, configuration: document.config?.digest)
        } catch {
            throw DockerError(.protocolViolation, "the registry's manifest of \(image) cannot be read", cause: error)
        }
    }

    /// Whether an image could not be moved since its registry cannot be reached at all: another one may reach it, or this one
    /// later. One that answers, whatever it says, can be.
    /// - Parameter error: what the engine, or this client, met.
    public func isAway(_ error: DockerError, for image: ImageReference) async -> Bool {
        switch error.code {
        case .unreachable, .transferFailed, .engine, .protocolViolation: break
        default: return false
        }
        do {
            _ = try await client.send(
                HTTPRequest(.get, "\(await address(of: image))/v2/", tls: tls, totalTimeout: .seconds(10)))
            return false
        } catch {
            return !Task.isCancelled
        }
    }

    /// How long the registry of an image asks to be left alone; `nil` if it does not.
    public func retryAfter(of image: ImageReference) async -> Duration? {
        do {
            let request = HTTPRequest(.get, "\(await address(of: image))/v2/", tls: tls, totalTimeout: .seconds(10))
            let response = try await client.send(request)
            guard TransferRetry.isTransient(status: response.status) else { return nil }
            return response.headers.retryAfter(now: Int64(Date.now.timeIntervalSince1970))
        } catch {
            return nil
        }
    }

    /// Scheme and host of an image's registry.
    func address(of image: ImageReference) async -> String {
        let host = image.registry == "docker.io" ? "registry-1.docker.io" : image.registry
        return "\(await scheme(of: image))://\(host)"
    }

    private func scheme(of image: ImageReference) async -> String {
        if plainHosts.contains(image.registry) { return "http" }
        guard Self.isLoopback(image.host) else { return "https" }
        if let known = seenSchemes.scheme(of: image.registry) { return known }
        do {
            _ = try await client.send(
                HTTPRequest(.get, "https://\(image.registry)/v2/", tls: tls, totalTimeout: .seconds(5)))
        } catch {
            switch error.code {
            case .untrusted: break
            case .tls, .connectionLost, .protocolViolation: return seenSchemes.note("http", of: image.registry)
            // Nothing is known of it yet.
            default: return "http"
            }
        }
        return seenSchemes.note("https", of: image.registry)
    }

    private static func digest(_ response: HTTPResponse, _ image: ImageReference) throws(DockerError) -> String {
        guard let digest = response.headers["Docker-Content-Digest"], ImageReference.isDigest(digest) else {
            throw DockerError(.protocolViolation, "the registry of \(image) does not tell its digest")
        }
        return digest
    }

    static func isLoopback(_ host: String?) -> Bool {
        guard let host else { return false }
        let name = host.hasPrefix("[") ? "[::1]" : String(host.split(separator: ":").first ?? "")
        return name == "localhost" || name.hasPrefix("127.") || (name == "[::1]" && host.hasPrefix("[::1]"))
    }
}

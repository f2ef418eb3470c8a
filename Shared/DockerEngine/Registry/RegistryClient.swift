import FoundationEssentials
public import HTTPClient

/// Asks a registry what it holds, apart from any engine: what is deployed is what the registry itself says.
///
/// A registry that is overloaded (429, 500 to 504) or out of reach is asked again, as `Retry-After` says.
public struct RegistryClient: Sendable {
    let client: HTTPClient
    /// Hosts (with their port) spoken to without TLS, besides loopback.
    let plainHosts: Set<String>
    let tls: HTTPRequest.TLS?
    let retry: TransferRetry

    /// - Parameters:
    ///   - plainHosts: Registries without TLS, as `host:port`. Those on loopback need not be named.
    ///   - authorities: The certificate authorities trusted, and no others; `nil`: the system's.
    public init(
        client: HTTPClient, plainHosts: Set<String> = [], authorities: HTTPRequest.TLS.PEM? = nil,
        retry: TransferRetry = TransferRetry()
    ) {
        self.client = client
        self.plainHosts = plainHosts
        tls = authorities.map { HTTPRequest.TLS(authorities: $0) }
        self.retry = retry
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

    /// How long the registry of an image asks to be left alone; `nil` if it does not.
    public func retryAfter(of image: ImageReference) async -> Duration? {
        do {
            let request = HTTPRequest(.get, "\(address(of: image))/v2/", tls: tls, totalTimeout: .seconds(10))
            let response = try await client.send(request)
            guard TransferRetry.isTransient(status: response.status) else { return nil }
            return response.headers.retryAfter(now: Int64(Date.now.timeIntervalSince1970))
        } catch {
            return nil
        }
    }

    /// Scheme and host of an image's registry.
    func address(of image: ImageReference) -> String {
        let isPlain = Self.isLoopback(image.host) || plainHosts.contains(image.registry)
        let host = image.registry == "docker.io" ? "registry-1.docker.io" : image.registry
        return "\(isPlain ? "http" : "https")://\(host)"
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

import HTTPClient
import Synchronization
import Text

/// An image as the engine knows it.
public struct ImageDetails: Sendable, Hashable, Decodable {
    /// `sha256:…` of its configuration.
    public var id: String
    public var tags: [String]
    /// `repository@sha256:…` for each registry it was pulled from or pushed to.
    public var repositoryDigests: [String]
    public var labels: [String: String]
    /// What it is for; `nil` if the engine does not say.
    public var platform: EnginePlatform?
    /// Who its containers run as; empty is root.
    public var user: String
    /// What its containers start by itself; empty where that is the command alone.
    public var entrypoint: [String]
    /// Instructions of a Dockerfile that a build does first which is made of this image.
    public var onBuild: [String]

    private enum Keys: String, CodingKey { case id, repoTags, repoDigests, config, os, architecture, variant }
    private enum ConfigKeys: String, CodingKey { case labels, user, entrypoint, onBuild }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Keys.self)
        id = try container.decode(String.self, forKey: .id)
        tags = try container.decodeIfPresent([String].self, forKey: .repoTags) ?? []
        repositoryDigests = try container.decodeIfPresent([String].self, forKey: .repoDigests) ?? []
        if let system = try container.decodeIfPresent(String.self, forKey: .os),
            let architecture = try container.decodeIfPresent(String.self, forKey: .architecture)
        {
            let variant = try container.decodeIfPresent(String.self, forKey: .variant)
            platform = EnginePlatform(
                system: system, architecture: architecture, variant: variant == "" ? nil : variant)
        }
        if container.contains(.config), try !container.decodeNil(forKey: .config) {
            let config = try container.nestedContainer(keyedBy: ConfigKeys.self, forKey: .config)
            labels = try config.decodeIfPresent([String: String].self, forKey: .labels) ?? [:]
            user = try config.decodeIfPresent(String.self, forKey: .user) ?? ""
            entrypoint = try config.decodeIfPresent([String].self, forKey: .entrypoint) ?? []
            onBuild = try config.decodeIfPresent([String].self, forKey: .onBuild) ?? []
        } else {
            labels = [:]
            user = ""
            entrypoint = []
            onBuild = []
        }
    }
}

/// A line of the list of images.
public struct ListedImage: Sendable, Hashable, Decodable {
    /// `sha256:…`.
    public var id: String
    /// The image that it was built on at this engine; empty where that is not known.
    public var parent: String
    /// Of all its layers, in bytes.
    public var size: Int64
    /// Seconds since 1970.
    public var created: Int64

    /// Names with tags.
    public var tags: [String]
    public var labels: [String: String]

    private enum CodingKeys: String, CodingKey {
        case id
        case parent = "parentId"
        case size, created, labels
        case tags = "repoTags"
    }

    public init(
        id: String, parent: String = "", size: Int64, created: Int64, tags: [String] = [],
        labels: [String: String] = [:]
    ) {
        (self.id, self.parent, self.size, self.created) = (id, parent, size, created)
        (self.tags, self.labels) = (tags, labels)
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.decode(String.self, forKey: .id)
        parent = try container.decode(String.self, forKey: .parent)
        size = try container.decode(Int64.self, forKey: .size)
        created = try container.decode(Int64.self, forKey: .created)
        // What has no name may be listed by this one.
        tags = (try container.decodeIfPresent([String].self, forKey: .tags) ?? []).filter { $0 != "<none>:<none>" }
        labels = try container.decodeIfPresent([String: String].self, forKey: .labels) ?? [:]
    }
}

extension DockerEngine {
    /// Pulls an image; `latest` if it has neither tag nor digest.
    /// - Returns: The digest of the manifest it was at the registry, where the engine tells it.
    /// - Throws: ``DockerError``: `notFound`, `unauthorized`, `untrusted`, `transferFailed`.
    @discardableResult
    public func pull(
        _ image: ImageReference, login: RegistryCredentials? = nil, platform: String? = nil,
        onProgress: @Sendable (EngineProgress) async throws -> Void = { _ in }
    ) async throws -> String? {
        var call = Call(.post, "/images/create", "pull of \(image)")
        call.timeout = nil
        call.query = [("fromImage", image.repository), ("tag", image.digest ?? image.tag ?? "latest")]
        if let platform { call.query.append(("platform", platform)) }
        call.headers["X-Registry-Auth"] = try RegistryCredentials.header(login, registry: image.registry)
        let told = Mutex<String?>(nil)
        _ = try await follow(call, failingAs: .transferFailed) { progress in
            if let status = progress.status, status.hasPrefix("Digest: ") {
                let digest = String(status.dropFirst("Digest: ".count))
                if ImageReference.isDigest(digest) { told.withLock { $0 = digest } }
            }
            try await onProgress(progress)
        }
        return told.withLock { $0 }
    }

    /// Pushes one tag of an image; `latest` if it has none.
    /// - Returns: The digest the engine was told by the registry. ``RegistryClient`` confirms it.
    /// - Throws: ``DockerError``: `notFound`, `unauthorized`, `untrusted`, `transferFailed`.
    public func push(
        _ image: ImageReference, login: RegistryCredentials? = nil,
        onProgress: @Sendable (EngineProgress) async throws -> Void = { _ in }
    ) async throws -> String {
        let subject = "push of \(image)"
        // Without a tag the engine would push all there are.
        var call = Call(
            .post, "/images/\(Self.name(image.repository))/push", subject, query: [("tag", image.tag ?? "latest")])
        call.timeout = nil
        call.headers["X-Registry-Auth"] = try RegistryCredentials.header(login, registry: image.registry)
        let result = try await follow(call, failingAs: .transferFailed, onProgress: onProgress)
        guard let digest = result?.digest else {
            throw DockerError(.protocolViolation, "\(subject): the engine ended it without naming a digest")
        }
        return digest
    }

    /// Gives an image one more name.
    /// - Throws: ``DockerError`` `notFound`.
    public func tag(_ image: String, as target: ImageReference) async throws(DockerError) {
        try await perform(
            Call(
                .post, "/images/\(Self.name(image))/tag", "tag \(target)",
                query: [("repo", target.repository), ("tag", target.tag ?? "latest")]))
    }

    /// Makes an image that holds nothing, for containers that are never started.
    /// - Throws: ``DockerError`` where the engine cannot do it.
    public func makeEmptyImage(_ image: ImageReference) async throws(DockerError) {
        var call = Call(
            .post, "/images/create", "image \(image)",
            query: [("fromSrc", "-"), ("repo", image.repository), ("tag", image.tag ?? "latest")])
        call.headers["Content-Type"] = "application/x-tar"
        call.body = .bytes(TarEntry.end)
        try await perform(call)
    }

    /// - Throws: `notFound` if the engine does not have it.
    public func inspectImage(_ image: String) async throws(DockerError) -> ImageDetails {
        try await fetch(ImageDetails.self, Call(.get, "/images/\(Self.name(image))/json", "image \(image)"))
    }

    /// Removes a name of an image, and the image with its last one. One that is not there is no error.
    /// - Parameter keepsLayers: Whether what the image was built on stays, for the next build to use again.
    /// - Throws: ``DockerError`` `conflict` where a container uses it.
    public func removeImage(
        _ image: String, force: Bool = false, keepsLayers: Bool = false
    ) async throws(DockerError) {
        var call = Call(
            .delete, "/images/\(Self.name(image))", "image \(image)",
            query: (force ? [("force", "1")] : []) + (keepsLayers ? [("noprune", "1")] : []))
        call.alsoFine = [404]
        try await perform(call)
    }

    /// All images, those that builds keep for their instructions among them.
    /// - Throws: ``DockerError`` where the engine does not tell.
    public func allImages() async throws(DockerError) -> [ListedImage] {
        try await fetch(
            [ListedImage].self, Call(.get, "/images/json", "the list of images", query: [("all", "1")]))
    }

    /// How much all images take together, what they share counted once, in bytes.
    /// - Throws: ``DockerError`` where the engine does not tell.
    public func imageBytes() async throws(DockerError) -> Int64 {
        struct Usage: Decodable { var layersSize: Int64? }
        var call = Call(.get, "/system/df", "the use of the disk", query: [("type", "image")])
        call.timeout = .seconds(120)
        return try await fetch(Usage.self, call).layersSize ?? 0
    }

    /// The names with tags that images have below a host, such as `slipway.local/…/web:1`.
    /// - Throws: ``DockerError`` where the engine does not tell.
    public func imageNames(below host: String) async throws(DockerError) -> [String] {
        struct Listed: Decodable { var repoTags: [String]? }
        let listed = try await fetch([Listed].self, Call(.get, "/images/json", "the list of images"))
        return listed.flatMap { $0.repoTags ?? [] }.filter { $0.hasPrefix("\(host)/") }
    }

    /// - Throws: ``DockerError`` `notFound`.
    public func settings(ofImage image: String) async throws(DockerError) -> ContainerSettings {
        try await fetch(ContainerSettings.self, Call(.get, "/images/\(Self.name(image))/json", "image \(image)"))
    }

    /// The engine takes slashes and colons of an image's name as they are, and nothing else.
    private static func name(_ image: String) -> String {
        image.split(separator: "/", omittingEmptySubsequences: false)
            .map { part in
                part.split(separator: ":", omittingEmptySubsequences: false)
                    .map { half in
                        half.split(separator: "@", omittingEmptySubsequences: false)
                            .map { PercentCoding.encode($0) }.joined(separator: "@")
                    }
                    .joined(separator: ":")
            }.joined(separator: "/")
    }
}

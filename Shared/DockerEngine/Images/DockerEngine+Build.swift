import FoundationEssentials
import HTTPClient

/// What to build an image from.
public struct BuildOptions: Sendable {
    /// The folder that is the context.
    public var context: String
    /// The Dockerfile, relative to the context.
    public var dockerfile: String
    /// What is built in place of the Dockerfile's own words. The context is sent as it is; a `.dockerignore` stays out of
    /// what the build sees of it.
    public var dockerfileText: [UInt8]?
    public var tags: [ImageReference]
    public var arguments: [String: String]
    /// The stage to stop at; the last if `nil`.
    public var target: String?
    public var labels: [String: String]
    /// Images whose layers may be used again.
    public var cacheFrom: [String]
    /// Whether base images are looked up anew.
    public var pulls: Bool
    public var usesCache: Bool
    /// Logins by registry, for base images.
    public var logins: [String: RegistryCredentials]
    /// The network of its `RUN` steps, such as `host`; the engine's default if `nil`.
    public var network: String?
    /// In bytes; without limit if `nil`.
    public var memoryLimit: Int64?
    /// Such as `linux/arm64`; the engine's own if `nil`.
    public var platform: String?

    public init(
        context: String, dockerfile: String = "Dockerfile", tags: [ImageReference] = [],
        arguments: [String: String] = [:], target: String? = nil, labels: [String: String] = [:],
        cacheFrom: [String] = [], pulls: Bool = false, usesCache: Bool = true,
        logins: [String: RegistryCredentials] = [:], network: String? = nil, memoryLimit: Int64? = nil
    ) {
        self.context = context
        self.dockerfile = dockerfile
        self.tags = tags
        self.arguments = arguments
        self.target = target
        self.labels = labels
        self.cacheFrom = cacheFrom
        self.pulls = pulls
        self.usesCache = usesCache
        self.logins = logins
        self.network = network
        self.memoryLimit = memoryLimit
    }
}

extension DockerEngine {
    /// Builds an image. The context is streamed as it is read; cancelling the task stops the build.
    /// - Parameter onProgress: Gets what the build prints, in order; the build waits for it.
    /// - Returns: The image's id, `sha256:…`.
    /// - Throws: ``DockerError``, `buildFailed` with the engine's words if a step of the Dockerfile fails; or what
    ///   `onProgress` throws.
    public func build(
        _ build: BuildOptions, onProgress: @Sendable (EngineProgress) async throws -> Void
    ) async throws -> String {
        let dockerfile = try Self.contained(build.dockerfile)
        var call = Call(.post, "/build", "build of \(build.tags.first.map { "\($0)" } ?? build.context)")
        call.timeout = nil
        call.query = build.tags.map { ("t", "\($0)") }
        let sent = build.dockerfileText == nil ? dockerfile : Self.sentName()
        call.query += [("dockerfile", sent), ("rm", "1"), ("forcerm", "1")]
        if !build.arguments.isEmpty { call.query.append(("buildargs", try Self.text(build.arguments))) }
        if !build.labels.isEmpty { call.query.append(("labels", try Self.text(build.labels))) }
        if !build.cacheFrom.isEmpty { call.query.append(("cachefrom", try Self.text(build.cacheFrom))) }
        if let target = build.target { call.query.append(("target", target)) }
        if build.pulls { call.query.append(("pull", "1")) }
        if !build.usesCache { call.query.append(("nocache", "1")) }
        if let network = build.network { call.query.append(("networkmode", network)) }
        if let memory = build.memoryLimit { call.query += [("memory", "\(memory)"), ("memswap", "\(memory)")] }
        if let platform = build.platform { call.query.append(("platform", platform)) }
        call.headers["Content-Type"] = "application/x-tar"
        if !build.logins.isEmpty {
            call.headers["X-Registry-Config"] = try RegistryCredentials.header(build.logins)
        }
        // A file beside the Dockerfile has its rules alone, as the engine's own client has it.
        var ignoreFile = "\(dockerfile).dockerignore"
        var text = try Self.read(ignoreFile, in: build.context)
        if text == nil {
            ignoreFile = ".dockerignore"
            text = try Self.read(ignoreFile, in: build.context)
        }
        var rules = try IgnoreRules(text ?? [], file: ignoreFile)
        var added: [ContextArchive.File] = []
        if let text = build.dockerfileText {
            // The engine removes both once it has read them.
            added = [.init(sent, text), .init(".dockerignore", Array(".dockerignore\n\(sent)\n".utf8))]
        } else {
            let removal =
                ignoreFile == ".dockerignore" ? nil : try Self.removal(of: dockerfile, in: build.context, by: rules)
            if ignoreFile == ".dockerignore" { try rules.takeBack(ignoreFile) }
            try rules.takeBack(dockerfile)
            if let removal { added = [.init(".dockerignore", removal)] }
        }
        call.body = .stream(length: nil, ContextArchive(folder: build.context, rules: rules, added: added))
        let result = try await follow(call, failingAs: .buildFailed, onProgress: onProgress)
        guard let image = result?.id else {
            throw DockerError(.protocolViolation, "\(call.subject): the engine ended it without naming an image")
        }
        return image
    }

    /// A name that no file of a context has.
    private static func sentName() -> String {
        ".slipway-dockerfile-\(String(UInt64.random(in: .min ... .max), radix: 16))"
    }

    /// The Dockerfile has to be sent though rules leave it out, and the engine removes it again only for a
    /// `.dockerignore`: one that says this and no more, or `nil` where it, or the folder's own one, is to stay.
    private static func removal(
        of dockerfile: String, in context: String, by rules: IgnoreRules
    ) throws(DockerError) -> [UInt8]? {
        let ownGoesIn = try !rules.ignores(Array(".dockerignore".utf8))
        if ownGoesIn, try read(".dockerignore", in: context) != nil { return nil }
        guard try rules.ignores(Array(dockerfile.utf8)),
            !dockerfile.contains(where: { "*?[\\!#\n".contains($0) })
        else { return nil }
        return Array(".dockerignore\n\(dockerfile)\n".utf8)
    }

    /// A path that stays in the context, without `.` and `..`.
    private static func contained(_ path: String) throws(DockerError) -> String {
        var segments: [Substring] = []
        for segment in path.split(separator: "/") where segment != "." {
            if segment == ".." {
                guard segments.popLast() != nil else {
                    throw DockerError(.context, "the Dockerfile “\(path)” is outside of the build context")
                }
            } else {
                segments.append(segment)
            }
        }
        guard !path.hasPrefix("/"), !segments.isEmpty else {
            throw DockerError(.context, "the Dockerfile “\(path)” is not a path in the build context")
        }
        return segments.joined(separator: "/")
    }

    private static func text(_ value: some Encodable) throws(DockerError) -> String {
        String(decoding: try encode(value), as: UTF8.self)
    }
}

extension DocumentReader {
    func retry(_ node: SourceNode?) -> Retry? {
        guard let node else { return nil }
        guard case .map = node.content else {
            return integer(node, "“retry”", in: 0...10).flatMap { $0 == 0 ? nil : Retry(max: $0) }
        }
        guard let fields = fields(node, what: "“retry”") else { return nil }
        let max = integer(fields.require("max"), "“max”", in: 0...10)
        let exitCodes = (fields.take("exit_codes").map(elements) ?? []).compactMap {
            integer($0, "an exit code", in: 0...255).map(Int32.init)
        }
        let delay = duration(fields.take("delay"), "“delay”") ?? 0
        fields.finish()
        guard let max, max > 0 else { return nil }
        return Retry(max: max, exitCodes: exitCodes, delay: delay)
    }

    /// One cache or a list; a text is a path.
    func cache(_ node: SourceNode?) -> [Cache] {
        guard let node else { return [] }
        let entries = elements(node)
        if !entries.isEmpty, entries.allSatisfy({ if case .scalar = $0.content { true } else { false } }) {
            let paths = texts(node, "“cache”")
            return paths.isEmpty ? [] : [Cache(paths: paths)]
        }
        return entries.compactMap { entry in
            guard let fields = fields(entry, what: "a cache") else { return nil }
            var cache = Cache(paths: texts(fields.require("paths"), "“paths”"))
            if let key = fields.take("key") {
                if case .map = key.content {
                    guard let fields = self.fields(key, what: "a cache's key") else { return nil }
                    cache.files = texts(fields.take("files"), "“files”")
                    cache.key = text(fields.take("prefix"), "“prefix”") ?? cache.key
                    fields.finish()
                } else {
                    cache.key = name(key, "a cache's key") ?? cache.key
                }
            }
            if let files = fields.take("files") { cache.files = texts(files, "“files”") }
            cache.fallback = texts(fields.take("fallback"), "“fallback”")
            cache.policy = choice(fields.take("policy"), "“policy”") ?? .pullPush
            fields.finish()
            return cache.paths.isEmpty ? nil : cache
        }
    }

    /// A list of paths, or a mapping.
    func artifacts(_ node: SourceNode?) -> Artifacts? {
        guard let node else { return nil }
        guard case .map = node.content else {
            let paths = texts(node, "“artifacts”")
            return paths.isEmpty ? nil : Artifacts(paths: paths)
        }
        guard let fields = fields(node, what: "“artifacts”") else { return nil }
        var artifacts = Artifacts(paths: texts(fields.require("paths"), "“paths”"))
        artifacts.name = name(fields.take("name"), "“name”")
        artifacts.keep = duration(fields.take("keep"), "“keep”")
        artifacts.when = choice(fields.take("when"), "“when”") ?? .success
        fields.finish()
        return artifacts.paths.isEmpty ? nil : artifacts
    }

    /// A port, or a mapping.
    func probe(_ node: SourceNode?, _ what: String) -> Probe? {
        guard let node else { return nil }
        guard case .map = node.content else {
            return integer(node, what, in: 1...65535).map { Probe(port: $0) }
        }
        guard let fields = fields(node, what: what) else { return nil }
        var probe = Probe()
        probe.port = integer(fields.take("port"), "“port”", in: 1...65535)
        probe.path = name(fields.take("path"), "“path”")
        let command = fields.take("command")
        // One text is a shell's line, a list are the words themselves.
        if let command, case .scalar(let scalar) = command.content {
            probe.command = ["/bin/sh", "-c", scalar.text]
        } else {
            probe.command = texts(command, "“command”")
        }
        probe.timeout = duration(fields.take("timeout"), "“timeout”") ?? Probe.standardTimeout
        probe.interval = duration(fields.take("interval"), "“interval”") ?? Probe.standardInterval
        fields.finish()
        if probe.port == nil, probe.command.isEmpty {
            sink.error(.missingField, "\(what) has a “port” to connect to or a “command” to run", at: node)
            return nil
        }
        if probe.path != nil, probe.port == nil {
            sink.error(.conflict, "\(what) has a “path” but no “port” to ask", at: node)
        }
        return probe
    }

    func build(_ node: SourceNode) -> ImageBuild? {
        // `build: harbor.example/shop/web` is all there is to say most of the time.
        if case .scalar = node.content {
            guard let repository = name(node, "“build”") else { return nil }
            if repository.hasPrefix(".") || repository.hasPrefix("/") || repository.hasSuffix("Dockerfile") {
                sink.error(
                    .badValue,
                    "“build” is the repository the image is pushed to, not a directory or file; write "
                        + "{context: \(repository), repository: registry.example/team/image}", at: node)
                return nil
            }
            return checked(ImageBuild(repository: repository), node, repositoryNode: node)
        }
        guard let fields = fields(node, what: "“build”") else { return nil }
        let repositoryNode = fields.require(
            "repository", "where the image is pushed to, such as registry.example/team/image")
        var build = ImageBuild(repository: name(repositoryNode, "“repository”") ?? "")
        build.context = name(fields.take("context"), "“context”") ?? "."
        build.dockerfile = name(fields.take("dockerfile"), "“dockerfile”")
        if let tags = fields.take("tags") { build.tags = texts(tags, "“tags”") }
        build.target = name(fields.take("target"), "“target”")
        build.arguments = values(fields.take("args"), "“args”")
        build.labels = textMap(fields.take("labels"), "“labels”")
        build.cacheFrom = texts(fields.take("cache_from"), "“cache_from”")
        build.platform = name(fields.take("platform"), "“platform”")
        build.pull = bool(fields.take("pull"), "“pull”") ?? false
        build.noCache = bool(fields.take("no_cache"), "“no_cache”") ?? false
        build.push = bool(fields.take("push"), "“push”") ?? true
        build.username = value(fields.take("username"), "“username”")
        build.password = value(fields.take("password"), "“password”")
        fields.finish()
        if case .text? = build.password, let password = node.member("password") {
            sink.warning(
                .suspicious, "a password in clear is in the repository's history; use {from_secret: NAME}", at: password
            )
        }
        warnOfSecrets(in: build.arguments, node.member("args"))
        guard let repositoryNode, !build.repository.isEmpty else { return nil }
        return checked(build, node, repositoryNode: repositoryNode)
    }

    /// `docker history` shows every argument of a build.
    private func warnOfSecrets(in arguments: [String: Value], _ node: SourceNode?) {
        guard case .map(let entries)? = node?.content else { return }
        for entry in entries where arguments[entry.key]?.secretName != nil {
            sink.warning(
                .suspicious,
                "a secret as build argument stays in the image's history, where everybody who may pull it can "
                    + "read it; fetch what needs it in a step before, and copy that into the image", at: entry.keyMark,
                length: entry.key.unicodeScalars.count)
        }
    }

    private static func isPlatform(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        return (2...3).contains(parts.count)
            && parts.allSatisfy { part in
                !part.isEmpty && part.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" }
            }
    }

    private func checked(_ build: ImageBuild, _ node: SourceNode, repositoryNode: SourceNode) -> ImageBuild? {
        if build.tags.isEmpty {
            sink.error(.badValue, "“tags” has at least one tag", at: node.member("tags") ?? node)
        }
        if !build.repository.contains("${"), ImageName.isTagged(build.repository) {
            sink.error(.badValue, "“repository” has no tag; list it under “tags”", at: repositoryNode)
        } else if let problem = ImageName.problem(build.repository) {
            sink.error(.badValue, problem, at: repositoryNode)
        }
        if let platform = build.platform, !platform.contains("${"), !Self.isPlatform(platform) {
            sink.error(
                .badValue, "“platform” is a text such as linux/arm64, not “\(platform)”",
                at: node.member("platform") ?? node)
        }
        for tag in build.tags {
            guard let problem = ImageName.problem(ofTag: tag) else { continue }
            sink.error(.badValue, problem, at: location(of: tag, in: node.member("tags") ?? node))
        }
        return build
    }
}

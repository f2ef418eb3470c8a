import Text

/// The name of an image: `[host[:port]/]path[:tag][@digest]`.
public struct ImageReference: Sendable, Hashable, CustomStringConvertible {
    /// The registry's host and port, or `nil` for Docker Hub.
    public var host: String?
    /// The path in the registry, such as `shop/web`.
    public var path: String
    public var tag: String?
    /// Such as `sha256:…`.
    public var digest: String?

    public init(host: String?, path: String, tag: String? = nil, digest: String? = nil) {
        self.host = host
        self.path = path
        self.tag = tag
        self.digest = digest
    }

    /// - Throws: ``DockerError/Code/badRequest`` that says what is wrong with the text.
    public init(_ text: String) throws(DockerError) {
        var rest = text[...]
        if let at = rest.firstIndex(of: "@") {
            let digest = String(rest[rest.index(after: at)...])
            guard Self.isDigest(digest) else {
                throw DockerError(.badRequest, "“\(text)” has a digest that is not sha256: and 64 hexadecimal digits")
            }
            self.digest = digest
            rest = rest[..<at]
        }
        if let colon = rest.lastIndex(of: ":"), !rest[colon...].contains("/") {
            let tag = String(rest[rest.index(after: colon)...])
            guard Self.isTag(tag) else {
                throw DockerError(
                    .badRequest,
                    "“\(tag)” is not a valid tag: 1 to 128 letters, digits, “_”, “.” and “-”, not beginning with “.” or “-”"
                )
            }
            self.tag = tag
            rest = rest[..<colon]
        }
        // As Docker decides it: a first part that has a dot or a port, or is localhost, is a host.
        if let slash = rest.firstIndex(of: "/") {
            let first = rest[..<slash]
            if first.contains(".") || first.contains(":") || first == "localhost" {
                host = String(first)
                rest = rest[rest.index(after: slash)...]
            }
        }
        path = String(rest)
        let segments = path.split(separator: "/", omittingEmptySubsequences: false)
        let isPath = segments.allSatisfy { segment in
            guard let first = segment.utf8.first, let last = segment.utf8.last else { return false }
            return Self.isAlphanumeric(first) && Self.isAlphanumeric(last)
                && segment.utf8.allSatisfy { Self.isAlphanumeric($0) || "._-".utf8.contains($0) }
        }
        guard isPath, path.utf8.count <= 255 else {
            throw DockerError(
                .badRequest,
                "“\(text)” is not an image name such as registry.example/shop/web (lower-case letters only)")
        }
    }

    /// Host and path, without tag and digest.
    public var repository: String { host.map { "\($0)/\(path)" } ?? path }

    /// The same image by its usual name: Docker Hub's without a host and without `library/`, and with the tag that stands
    /// for none.
    public var usual: ImageReference {
        var image = self
        if ["docker.io", "index.docker.io", "registry-1.docker.io"].contains(host) { image.host = nil }
        if image.host == nil, path.hasPrefix("library/"), path.split(separator: "/").count == 2 {
            image.path = String(path.dropFirst("library/".count))
        }
        if tag == nil, digest == nil { image.tag = "latest" }
        return image
    }

    public var description: String {
        repository + (tag.map { ":\($0)" } ?? "") + (digest.map { "@\($0)" } ?? "")
    }

    /// The key of this image's login: the host, or `docker.io`.
    public var registry: String { host ?? "docker.io" }

    static func isDigest(_ text: String) -> Bool {
        let parts = text.split(separator: ":", maxSplits: 1)
        return parts.count == 2 && parts[0] == "sha256" && Hex.isDigits(parts[1], count: 64)
    }

    private static func isTag(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count) && !text.hasPrefix(".") && !text.hasPrefix("-")
            && text.utf8.allSatisfy { isAlphanumeric($0) || isUpper($0) || "._-".utf8.contains($0) }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isUpper(_ byte: UInt8) -> Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) }
}

/// What a tag or a digest stands for in a registry: an image, or an index of one image for each platform.
public struct RegistryManifest: Sendable, Hashable {
    /// One image of an index.
    public struct Platform: Sendable, Hashable {
        public var digest: String
        /// Such as `linux`.
        public var system: String
        /// Such as `amd64`.
        public var architecture: String
        /// Such as `v7`.
        public var variant: String?

        public init(digest: String, system: String, architecture: String, variant: String? = nil) {
            self.digest = digest
            self.system = system
            self.architecture = architecture
            self.variant = variant
        }
    }

    /// Of the manifest itself: the one to roll out.
    public var digest: String
    /// Empty for a single image.
    public var platforms: [Platform]
    /// The digest of a single image's configuration: two manifests of one image may differ in how its layers are packed.
    public var configuration: String?

    public init(digest: String, platforms: [Platform] = [], configuration: String? = nil) {
        self.digest = digest
        self.platforms = platforms
        self.configuration = configuration
    }

    /// All digests by which a machine that runs this image may name it: for an index, runtimes tell that of the index or
    /// that of their own platform's manifest.
    public var digests: Set<String> { Set(platforms.map(\.digest)).union([digest]) }
}

/// An index in OCI's and in Docker's form; a manifest of a single image has no `manifests`.
struct ManifestDocument: Decodable {
    struct Entry: Decodable {
        struct Platform: Decodable {
            var os: String
            var architecture: String
            var variant: String?
        }
        var digest: String
        var platform: Platform?
    }
    struct Configuration: Decodable {
        var digest: String?
    }
    var manifests: [Entry]?
    var config: Configuration?

    /// Without attestations, which are no image of any platform.
    var platforms: [RegistryManifest.Platform] {
        (manifests ?? []).compactMap { entry in
            guard ImageReference.isDigest(entry.digest), let platform = entry.platform, platform.os != "unknown" else {
                return nil
            }
            return .init(
                digest: entry.digest, system: platform.os, architecture: platform.architecture,
                variant: platform.variant)
        }
    }
}

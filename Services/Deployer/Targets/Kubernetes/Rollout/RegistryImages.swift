import DockerEngine
import Worker

/// What the images of a job's rollouts stand for, by the word of their registries.
struct RegistryImages: Sendable {
    let registry: RegistryClient
    /// What an image is asked for with; `nil` for nothing.
    let login: @Sendable (ImageReference) -> RegistryCredentials?

    struct Resolved: Sendable, Equatable {
        /// By digest.
        var reference: String
        /// What was resolved, or `nil` where the digest was given.
        var tag: String?
    }

    /// The image by its digest: a tag may mean something else a moment later, and nothing to a cluster that has it.
    /// - Throws: `JobFailure` where the registry does not say.
    func resolve(_ text: String) async throws(JobFailure) -> Resolved {
        do {
            let image = try ImageReference(text)
            if image.digest != nil { return Resolved(reference: text) }
            let digest = try await registry.digest(of: image, login: login(image))
            let resolved = ImageReference(host: image.host, path: image.path, digest: digest)
            return Resolved(reference: resolved.description, tag: image.tag ?? "latest")
        } catch {
            throw JobFailure("nothing was changed: the digest of \(text) cannot be told: \(error)")
        }
    }

    /// Whether what a container runtime says a container runs is another name of an image: a platform's manifest of an
    /// index, another index of the same platform's image, the image's configuration.
    /// - Parameter running: A container's `imageID`, such as `docker-pullable://registry/web@sha256:…`.
    @Sendable func compare(_ text: String, _ running: String) async -> RunningImage.Comparison {
        do throws(DockerError) {
            let ours = try await digests(of: ImageReference(text))
            let name = running.firstRange(of: "://").map { String(running[$0.upperBound...]) } ?? running
            guard let digest = RunningImage.digest(in: name) else {
                let id = name.hasPrefix("sha256:") ? name : "sha256:\(name)"
                return ours.contains(id) ? .same : .different
            }
            if ours.contains(digest) { return .same }
            return ours.isDisjoint(with: try await digests(of: ImageReference(name))) ? .different : .same
        } catch {
            return error.code == .notFound ? .different : .unavailable("\(error)")
        }
    }

    /// All digests that name a part of an image: its manifest's, those of an index's platforms, and the configurations'.
    private func digests(of image: ImageReference) async throws(DockerError) -> Set<String> {
        let manifest = try await registry.manifest(of: image, login: login(image))
        var digests = manifest.digests
        if let configuration = manifest.configuration { digests.insert(configuration) }
        for platform in manifest.platforms {
            let part = ImageReference(host: image.host, path: image.path, digest: platform.digest)
            let single = try await registry.manifest(of: part, login: login(part))
            if let configuration = single.configuration { digests.insert(configuration) }
        }
        return digests
    }
}

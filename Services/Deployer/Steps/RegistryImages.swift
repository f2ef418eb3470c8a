import Contracts
import DockerEngine
import Worker

/// What the images of a job's rollouts stand for, by the word of their registries.
struct RegistryImages: Sendable {
    let registry: RegistryClient
    /// By the registry's host.
    let logins: [String: RegistryLogin]

    struct Resolved: Sendable, Equatable {
        /// By digest.
        var reference: String
        /// What was resolved, or `nil` where the digest was given.
        var tag: String?
    }

    /// The image by its digest: a tag may mean something else a moment later, and nothing to a cluster that has it.
    /// - Throws: ``JobFailure`` where the registry does not say.
    func resolve(_ text: String) async throws(JobFailure) -> Resolved {
        do {
            let image = try ImageReference(text)
            if image.digest != nil { return Resolved(reference: text) }
            let digest = try await registry.digest(of: image, login: login(for: image))
            let resolved = ImageReference(host: image.host, path: image.path, digest: digest)
            return Resolved(reference: resolved.description, tag: image.tag ?? "latest")
        } catch {
            throw JobFailure("nothing was changed: the digest of \(text) cannot be told: \(error)")
        }
    }

    /// The digests by which a machine may name the image, those of an index's platforms included.
    @Sendable func platforms(of text: String) async -> RunningImage.Platforms {
        do throws(DockerError) {
            let image = try ImageReference(text)
            return .known(try await registry.manifest(of: image, login: login(for: image)).digests)
        } catch {
            return .unavailable("\(error)")
        }
    }

    private func login(for image: ImageReference) -> RegistryCredentials? {
        logins[image.registry].map { RegistryCredentials(username: $0.username, password: $0.password) }
    }
}

import DockerEngine
import Logging
import Worker

/// Brings the image of a rollout to a Docker host and finds out what exactly it is.
struct ServiceImage: Sendable {
    let engine: DockerEngine
    let image: ImageReference
    let login: RegistryCredentials?
    let log: any StepLog
    let logger: Logger

    /// - Returns: The image by its digest; by its id where it is on this host and in no registry.
    /// - Throws: `JobFailure` if it is nowhere.
    func pull() async throws -> String {
        await log.line("pulling \(image)")
        do {
            let digest = try await engine.pull(image, login: login)
            guard let digest = image.digest ?? digest else { return try await known() }
            let resolved = ImageReference(host: image.host, path: image.path, digest: digest).description
            if image.digest == nil { await log.line("the tag \(image.tag ?? "latest") is \(resolved)") }
            return resolved
        } catch let error as DockerError {
            if Task.isCancelled { throw CancellationError() }
            guard let known = await local() else {
                throw JobFailure("the image \(image) cannot be pulled: \(error)")
            }
            await log.line("it cannot be pulled (\(error)); it was built on this host, so that is used")
            return known
        }
    }

    /// An image that was built on this very host need not be in any registry. One that is from a registry may mean
    /// something else there by now, unless it is named by its digest.
    private func local() async -> String? {
        do {
            let details = try await engine.inspectImage(image.description)
            let isFromRegistry = details.repositoryDigests.contains { $0.hasPrefix("\(image.repository)@") }
            guard image.digest != nil || !isFromRegistry else { return nil }
            return image.digest == nil ? details.id : image.description
        } catch {
            logger.debug("the image is not here either", metadata: ["error": "\(error)"])
            return nil
        }
    }

    private func known() async throws(DockerError) -> String {
        let details = try await engine.inspectImage(image.description)
        return image.digest == nil ? details.id : image.description
    }
}

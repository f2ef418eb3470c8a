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
    /// - Throws: ``JobFailure`` if it is nowhere.
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
            // An image that was built on this very host need not be in any registry.
            do {
                let known = try await known()
                await log.line("it cannot be pulled (\(error)); the host has it, so that is used")
                return known
            } catch {
                logger.debug("the image is not here either", metadata: ["error": "\(error)"])
            }
            throw JobFailure("the image \(image) cannot be pulled: \(error)")
        }
    }

    private func known() async throws(DockerError) -> String {
        let details = try await engine.inspectImage(image.description)
        return image.digest == nil ? details.id : image.description
    }
}

import Contracts
import DockerEngine
import Worker

/// Pushes an image, again while the registry is overloaded or out of reach.
struct ImagePush: Sendable {
    let engine: DockerEngine
    let registry: RegistryClient
    var retry = TransferRetry()
    let log: any StepLog

    /// - Returns: The digest the registry told the engine.
    /// - Throws: `JobFailure` where a login is missing, `DockerError` otherwise.
    func run(_ image: ImageReference, login: RegistryCredentials?) async throws -> String {
        try await registry.check(login, for: image)
        let progress = TransferProgress(log: log)
        var attempt = 1
        while true {
            await log.line("+ docker push \(image)")
            do {
                return try await engine.push(image, login: login) { await progress.show($0) }
            } catch let error as DockerError {
                if error.code == .unauthorized {
                    throw JobFailure(
                        "the registry does not take \(image); give the platform a login for \(image.registry) that may "
                            + "push there: \(error)")
                }
                guard error.isTransient,
                    let delay = retry.delay(after: attempt, retryAfter: await registry.retryAfter(of: image))
                else {
                    guard await registry.isAway(error, for: image) else { throw error }
                    throw JobFailure("\(error)", handBack: .registry)
                }
                await log.line("\(error); trying again in \(delay.components.seconds) s")
                try await retry.pause(delay)
                attempt += 1
            }
        }
    }
}

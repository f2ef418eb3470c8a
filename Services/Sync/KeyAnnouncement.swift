import Logging
import ServiceLifecycle

/// Tells the platform at the start which keys this service has, so that it is known whether an older one is still needed.
struct KeyAnnouncement: Service {
    let directory: RepositoryDirectory
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            do {
                while await !announce() { try await Task.sleep(for: .seconds(5)) }
                try await gracefulShutdown()
            } catch {
                // Cancelled: the service ends.
            }
        }
    }

    private func announce() async -> Bool {
        do {
            try await directory.announceKeys()
            return true
        } catch {
            // The next repository that is looked up says it too.
            logger.debug("the platform does not know this service's keys yet", metadata: ["error": "\(error)"])
            return false
        }
    }
}

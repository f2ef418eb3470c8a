import Logging
import ServiceLifecycle

/// Writes once a minute when tokens were last used.
struct TokenUseWriter: Service {
    let access: Access
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await Task.sleep(for: .seconds(60))
                do {
                    try await access.noteUses()
                } catch {
                    logger.warning("when tokens were used cannot be written", metadata: ["error": "\(error)"])
                }
            }
        }
    }
}

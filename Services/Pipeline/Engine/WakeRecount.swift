import Logging
import ServiceLifecycle

/// Looks at the start and every few minutes for what is waited for and may have been lost: wakes, see
/// ``RunEngine/recount()``, and sources; and for what has waited too long.
struct WakeRecount: Service {
    let engine: RunEngine
    let logger: Logger

    static let interval = Duration.seconds(180)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await engine.recount()
                    try await engine.askForLostSources()
                    try await engine.endLongWaits()
                } catch {
                    logger.warning("what waits cannot be looked for", metadata: ["error": "\(error)"])
                }
                do { try await Task.sleep(for: Self.interval) } catch { return }
            }
        }
    }
}

import Logging
import ServiceLifecycle

/// Sends the wakes again that may have come to workers that could not use them; see ``RunEngine/recount()``.
struct WakeRecount: Service {
    let engine: RunEngine
    let logger: Logger

    static let interval = Duration.seconds(180)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do { try await Task.sleep(for: Self.interval) } catch { return }
                do {
                    try await engine.recount()
                } catch {
                    logger.warning("waiting jobs cannot be counted", metadata: ["error": "\(error)"])
                }
            }
        }
    }
}

import Logging
import ServiceLifecycle

/// Looks at the start, when the broker is back and every few minutes for what is waited for and may have been lost: wakes, see
/// ``RunEngine/recount()``, and sources; and for what has waited too long. At the start also for runs that this version cannot
/// go on with.
struct WakeRecount: Service {
    let engine: RunEngine
    /// Whether the broker is there: what was in its memory alone is gone when it comes back.
    let isConnected: @Sendable () async -> Bool
    let logger: Logger

    static let interval = Duration.seconds(180)
    /// How often the broker is looked at.
    private static let look = Duration.seconds(2)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            /// The last run that was looked at; `nil` once all were.
            var seen: Int64? = 0
            while !Task.isCancelled {
                do {
                    while let serial = seen { seen = try await engine.endUnreadable(after: serial) }
                    try await engine.recount()
                    try await engine.askForLostSources()
                    try await engine.endLongWaits()
                } catch {
                    logger.warning("what waits cannot be looked for", metadata: ["error": "\(error)"])
                }
                do { try await pause() } catch { return }
            }
        }
    }

    /// Returns after a few minutes, or when the broker has come back.
    private func pause() async throws {
        let end = ContinuousClock.now.advanced(by: Self.interval)
        var wasThere = await isConnected()
        while .now < end {
            try await Task.sleep(for: Self.look)
            let isThere = await isConnected()
            if isThere, !wasThere { return }
            wasThere = isThere
        }
    }
}

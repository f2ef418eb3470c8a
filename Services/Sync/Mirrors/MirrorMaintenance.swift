import Git
import Logging
import ServiceLifecycle
import Synchronization

/// Packs a mirror after every so many fetches, one mirror at a time, beside the fetches of others.
final class MirrorMaintenance: Service {
    /// Fetches between two times.
    static let interval = 500

    private let logger: Logger
    private let fetches = Mutex<[String: Int]>([:])
    private let due: AsyncStream<Mirror>
    private let continuation: AsyncStream<Mirror>.Continuation

    init(logger: Logger) {
        self.logger = logger
        // One that does not fit comes up again after the next interval.
        (due, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(64))
    }

    /// A fetch into the mirror has ended.
    func note(_ mirror: Mirror) {
        let isDue = fetches.withLock { fetches in
            let count = fetches[mirror.directory, default: 0] + 1
            fetches[mirror.directory] = count % Self.interval
            return count == Self.interval
        }
        if isDue { continuation.yield(mirror) }
    }

    func run() async throws {
        for await mirror in due.cancelOnGracefulShutdown() {
            do {
                try await mirror.maintain()
                logger.info("mirror packed", metadata: ["path": "\(mirror.directory)"])
            } catch {
                logger.warning(
                    "mirror could not be packed", metadata: ["path": "\(mirror.directory)", "error": "\(error)"])
            }
        }
    }
}

import Contracts
import Logging
import ServiceLifecycle
import Storage

/// Forgets message ids that are too old to come again, once an hour.
struct InboxPruner: Service {
    let store: PipelineStore
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    // In small pieces, so that nobody waits for the writer.
                    while try await store.write({ try $0.pruneInbox() }) > 0 {}
                } catch {
                    logger.warning("the inbox cannot be pruned", metadata: ["error": "\(error)"])
                }
                do {
                    try await Task.sleep(for: .seconds(3600))
                } catch {
                    return
                }
            }
        }
    }
}

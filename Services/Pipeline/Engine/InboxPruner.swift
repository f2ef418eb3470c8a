import Contracts
import Logging
import ServiceLifecycle
import Storage

/// Forgets message ids that are too old to come again, turns at workers that are long gone, and what is too old of the audit
/// log, once an hour.
struct InboxPruner: Service {
    let store: PipelineStore
    let auditLife: Duration
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    // In small pieces, so that nobody waits for the writer.
                    while try await store.write({ try $0.pruneInbox() }) > 0 {}
                    try await store.write { try $0.turns.prune() }
                    let oldest = Timestamp.now.adding(.zero - auditLife)
                    while try await store.write({ try $0.audits.prune(before: oldest) }) > 0 {}
                } catch {
                    logger.warning("what is old cannot be pruned", metadata: ["error": "\(error)"])
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

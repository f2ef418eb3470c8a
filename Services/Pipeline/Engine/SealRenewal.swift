import Contracts
import Logging
import Secrets
import ServiceLifecycle

/// Seals at the start what an earlier version or an older key sealed.
struct SealRenewal: Service {
    let store: PipelineStore
    let keys: KeyRing
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            do {
                while await !renew() { try await Task.sleep(for: .seconds(60)) }
                try await gracefulShutdown()
            } catch {
                // Cancelled: the service ends.
            }
        }
    }

    private func renew() async -> Bool {
        do {
            let done = try await Resealing(store: store, keys: keys) { transaction, done in
                guard done.resealed > 0 else { return }
                try transaction.audit(.reseal, of: "all that is kept", after: JSONValue(encoding: done))
            }.run()
            if done.resealed > 0 {
                logger.notice("stored secrets were sealed with the newest key", metadata: ["count": "\(done.resealed)"])
            }
            for failure in done.failures {
                logger.error("a stored secret cannot be opened", metadata: ["error": "\(failure)"])
            }
            return true
        } catch {
            logger.warning("stored secrets cannot be sealed anew, trying again", metadata: ["error": "\(error)"])
            return false
        }
    }
}

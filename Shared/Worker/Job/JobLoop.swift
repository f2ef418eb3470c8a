import Contracts
public import Logging
import Messaging
import Metrics
public import Secrets
public import ServiceLifecycle
import Synchronization
import SystemPackage

/// Takes jobs from the queue as long as there is a free slot, and does them.
///
/// A message is acked once the platform has granted its job or refused it; from then on the job is held by its lease.
/// A slot that works consumes nothing, so that no message waits behind a busy worker. On graceful shutdown no more is
/// taken; what runs is finished within the grace or handed back.
public struct JobLoop: Service {
    private let platform: any JobPlatform
    private let executor: any JobExecutor
    private let keys: KeyRing
    private let configuration: JobLoopConfiguration
    private let logger: Logger
    private let registry = JobRegistry()
    private let slots: SlotWatch

    public init(
        platform: any JobPlatform, executor: any JobExecutor, keys: KeyRing, configuration: JobLoopConfiguration,
        logger: Logger
    ) {
        self.platform = platform
        self.executor = executor
        self.keys = keys
        self.configuration = configuration
        var logger = logger
        logger[metadataKey: "worker"] = "\(configuration.worker)"
        self.logger = logger
        slots = SlotWatch(worker: configuration.worker, patience: configuration.patience)
    }

    /// Why slots of this worker do not get on, for its readiness; `nil` where all do.
    public var problem: String? {
        let stalled = slots.stalled()
        return stalled.isEmpty ? nil : stalled.joined(separator: "; ")
    }

    public func run() async throws {
        if let spool = configuration.logs.spool {
            try FileTree.remove(spool)
            try FileTree.make(spool)
        }
        await executor.collectLeftovers()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await watchCancellations() }
            await withDiscardingTaskGroup { group in
                for slot in 0..<max(1, configuration.slots) { group.addTask { await serve(slot) } }
            }
            group.cancelAll()
        }
    }

    /// One slot.
    private func serve(_ slot: Int) async {
        while !Task.isCancelled, !Task.isShuttingDownGracefully {
            let box = GrantBox()
            do {
                _ = try await cancelWhenGracefulShutdown {
                    try await platform.take { offer in try await consider(offer, slot, box) }
                }
            } catch is CancellationError {
                // Shutting down; a job may have been granted all the same.
            } catch {
                logger.warning("jobs cannot be taken, trying again", metadata: ["error": "\(error)"])
                stalls(slot, "jobs cannot be taken", error)
                await pause(.seconds(1))
            }
            guard let granted = box.granted.withLock({ $0 }) else { continue }
            var logger = self.logger
            logger[metadataKey: "job"] = "\(granted.grant.job)"
            logger[metadataKey: "run"] = "\(granted.grant.run)"
            logger[metadataKey: "attempt"] = "\(granted.grant.attempt)"
            let session = JobSession(
                platform: platform, executor: executor, keys: keys, registry: registry, slots: slots,
                configuration: configuration, grant: granted.grant, claimedAt: granted.claimedAt, logger: logger)
            await MessageContext.$current.withValue(granted.context) { await session.run() }
        }
    }

    private struct Granted: Sendable {
        var grant: JobGrant
        var claimedAt: ContinuousClock.Instant
        /// Of the message that offered the job: all that is said of the job carries on its trace.
        var context: MessageContext?
    }

    /// Outlives the taking: a grant is not lost with it.
    private final class GrantBox: Sendable {
        let granted = Mutex<Granted?>(nil)
    }

    private func consider(_ offer: any JobOffer, _ slot: Int, _ box: GrantBox) async throws -> Offer<Void> {
        var logger = self.logger
        logger[metadataKey: "job"] = "\(offer.job)"
        logger[metadataKey: "run"] = "\(offer.run)"
        if registry.isRunning(offer.job, attempt: offer.attempt) {
            logger.info("job offered again while it runs here")
            return .drop
        }
        let claimedAt = ContinuousClock.now
        let claim = JobClaim(
            job: offer.job, attempt: offer.attempt, worker: configuration.worker, namespace: configuration.namespace,
            cluster: await configuration.cluster())
        do {
            // A separate task: a claim that is under way when the worker shuts down may be granted, and what is
            // granted has to be handed back.
            let reply = try await Task { try await platform.claim(claim) }.value
            slots.end("\(slot)")
            switch reply {
            case .granted(let grant):
                box.granted.withLock { $0 = Granted(grant: grant, claimedAt: claimedAt, context: .current) }
                return .take(())
            case .refused(let refusal):
                logger.info(
                    "job not granted", metadata: ["code": "\(refusal.code.rawValue)", "reason": "\(refusal.reason)"])
                return .drop
            }
        } catch {
            logger.warning("claim not answered, the job goes back to its queue", metadata: ["error": "\(error)"])
            stalls(slot, "job \(offer.job) cannot be claimed", error)
            await pause(.milliseconds(500))
            return .requeue
        }
    }

    private func stalls(_ slot: Int, _ what: String, _ error: any Error) {
        slots.failed("\(slot)", what, error)
        for stalled in slots.look() { logger.error("slot is stalled", metadata: ["reason": "\(stalled)"]) }
    }

    private func watchCancellations() async {
        while !Task.isCancelled {
            do {
                try await platform.watchCancellations { registry.cancel($0) }
            } catch {
                logger.warning("cancellations cannot be received, trying again", metadata: ["error": "\(error)"])
            }
            await pause(.seconds(1))
        }
    }

    private func pause(_ duration: Duration) async {
        do {
            try await cancelWhenGracefulShutdown { try await Task.sleep(for: duration) }
        } catch {
            // Shutting down.
        }
    }
}

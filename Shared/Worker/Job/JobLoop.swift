import Contracts
public import Logging
import Messaging
import Metrics
public import Secrets
public import ServiceLifecycle
import Synchronization
import SystemPackage

/// Asks the platform for jobs as long as there is a free slot, and does them.
///
/// A wake of the queue has a slot ask; the platform gives it the best job that the worker may take, or none. The wake is
/// acked then; from there on the job is held by its lease. Besides, each slot asks at the start, and when the platform
/// says that jobs wait which no wake has found a worker for. A slot that works consumes nothing, so that no wake waits
/// behind a busy worker. On graceful shutdown no more is taken; what runs is finished within the grace or handed back.
public struct JobLoop: Service {
    private let platform: any JobPlatform
    private let executor: any JobExecutor
    private let keys: KeyRing
    private let configuration: JobLoopConfiguration
    private let logger: Logger
    private let registry = JobRegistry()
    private let slots: SlotWatch
    private let calls = Calls()
    private let health = WorkerHealth()
    private let understanding = Understanding()

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
        let reasons = slots.stalled() + [health.problem()].compactMap(\.self)
        return reasons.isEmpty ? nil : reasons.joined(separator: "; ")
    }

    public func run() async throws {
        if let spool = configuration.logs.spool {
            try FileTree.remove(spool)
            try FileTree.make(spool)
        }
        let isClean = await executor.collectLeftovers()
        let announcer = WorkerAnnouncer(
            platform: platform, ended: isClean ? configuration.life.ended : [], configuration: configuration,
            keys: keyIDs,
            problem: { await seenProblem() }, isUnderstood: { understanding.isThere }, logger: logger)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await watch { try await watchCancellations() } }
            group.addTask { await watch { try await watchWaitingJobs() } }
            group.addTask {
                await cancelWhenGracefulShutdown { await announcer.run() }
                await announcer.leave()
            }
            await withDiscardingTaskGroup { group in
                for slot in 0..<max(1, configuration.slots) { group.addTask { await serve(slot) } }
            }
            group.cancelAll()
        }
    }

    /// Why the worker is not ready; while that is so it takes nothing.
    private func seenProblem() async -> String? {
        let own = await configuration.problem()
        health.isReady(own == nil)
        return problem ?? own
    }

    private var keyIDs: [String] { keys.keys(of: SealAudience(configuration.scope)) }

    /// One slot.
    private func serve(_ slot: Int) async {
        let claiming = Claiming()
        /// How many calls this slot has answered until there was nothing more for it.
        var heard = 0
        while !Task.isCancelled, !Task.isShuttingDownGracefully {
            let calls = calls.count
            guard health.mayTake(slot) else {
                await pause(WorkerHealth.look)
                continue
            }
            do {
                if calls > heard {
                    if case .drop = try await ask(nil, slot, claiming) { heard = calls }
                } else {
                    try await waitForWake(slot, claiming, heard)
                }
            } catch is CancellationError {
                // Shutting down; a job may have been granted all the same.
            } catch {
                logger.warning("jobs cannot be taken, trying again", metadata: ["error": "\(error)"])
                stalls(slot, "jobs cannot be taken", error)
                await pause(.seconds(1))
            }
            guard let granted = claiming.takeGrant() else {
                health.tookNothing(slot)
                continue
            }
            if Task.isShuttingDownGracefully {
                await handBack(granted.grant)
                return
            }
            var logger = self.logger
            logger[metadataKey: "job"] = "\(granted.grant.job)"
            logger[metadataKey: "run"] = "\(granted.grant.run)"
            logger[metadataKey: "attempt"] = "\(granted.grant.attempt)"
            let session = JobSession(
                platform: platform, executor: executor, keys: keys, registry: registry, slots: slots,
                health: health, configuration: configuration, grant: granted.grant, claimedAt: granted.claimedAt,
                logger: logger)
            await MessageContext.$current.withValue(granted.context) { await session.run() }
        }
    }

    /// Gives back a job that was granted to a claim from before the shutdown. Where that cannot be said, the next life of this
    /// worker says that this one has ended.
    private func handBack(_ grant: JobGrant) async {
        logger.notice(
            "a job is handed back: it was granted while the worker shuts down", metadata: ["job": "\(grant.job)"])
        let message = JobFinished(
            job: grant.job, run: grant.run, attempt: grant.attempt, outcome: .released,
            reason: "the worker was shutting down", handBack: .shutdown, steps: [], token: grant.token)
        // A separate task: that of the slot may be cancelled.
        await Task {
            do {
                try await platform.report(
                    message, id: MessageID(rawValue: "\(grant.job).\(grant.attempt).finished"), run: grant.run,
                    timeout: .seconds(5))
            } catch {
                logger.warning(
                    "a job could not be handed back", metadata: ["job": "\(grant.job)", "error": "\(error)"])
            }
        }.value
    }

    /// Takes wakes until one brings a job, or all slots are called.
    private func waitForWake(_ slot: Int, _ claiming: Claiming, _ heard: Int) async throws {
        try await cancelWhenGracefulShutdown {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    _ = try await platform.take { wake -> Offer<Void> in
                        guard health.mayTake(slot) else {
                            // It waited for this wake before there was a fault: another worker has it, and no slot waits.
                            calls.call()
                            return .requeue
                        }
                        return try await ask(wake, slot, claiming)
                    }
                }
                group.addTask { await calls.wait(beyond: heard) }
                defer { group.cancelAll() }
                try await group.next()
            }
        }
    }

    /// Whether the platform knows what a worker says of itself; one of the version before would park it.
    private final class Understanding: Sendable {
        private let state = Mutex(true)
        var isThere: Bool { state.withLock { $0 } }
        func set(_ value: Bool) { state.withLock { $0 = value } }
    }

    private struct Granted: Sendable {
        var grant: JobGrant
        var claimedAt: ContinuousClock.Instant
        /// All that is said of the job carries on its trace.
        var context: MessageContext?
    }

    /// A slot's claim and what came of it; both outlive the wake.
    private final class Claiming: Sendable {
        private let state = Mutex((id: MessageID.make().rawValue, granted: Granted?.none))

        /// The same one until there was an answer: whether the platform gave a job is known by nobody else then.
        var id: String { state.withLock { $0.id } }

        func answered(_ granted: Granted?) { state.withLock { $0 = (MessageID.make().rawValue, granted) } }

        func takeGrant() -> Granted? {
            state.withLock { state in
                defer { state.granted = nil }
                return state.granted
            }
        }
    }

    private func ask(_ wake: (any JobOffer)?, _ slot: Int, _ claiming: Claiming) async throws -> Offer<Void> {
        let claimedAt = ContinuousClock.now
        let claim = JobClaim(
            job: wake?.job, attempt: wake?.attempt, worker: configuration.worker, id: claiming.id,
            life: configuration.life.id,
            scope: configuration.scope, namespace: configuration.namespace, cluster: await configuration.cluster(),
            keys: keyIDs)
        do {
            // A separate task: a claim that is under way when the worker shuts down may be granted, and what is
            // granted has to be handed back.
            let reply = try await Task { try await platform.claim(claim) }.value
            if wake == nil { understanding.set(true) }
            if case .refused(let refusal) = reply, refusal.code == .noKey {
                claiming.answered(nil)
                logger.warning("no job is given", metadata: ["reason": "\(refusal.reason)"])
                stalls(slot, "jobs cannot be claimed", JobFailure(refusal.reason))
                await pause(.seconds(5))
                return .requeue
            }
            slots.end("\(slot)")
            switch reply {
            case .granted(let grant):
                claiming.answered(Granted(grant: grant, claimedAt: claimedAt, context: Self.context(of: grant, wake)))
                return .take(())
            case .refused(let refusal):
                claiming.answered(nil)
                logger.debug(
                    "no job", metadata: ["code": "\(refusal.code.rawValue)", "reason": "\(refusal.reason)"])
                return .drop
            }
        } catch let problem as Problem where problem.code == JobClaim.refusedLogin {
            return await refused("no job is given to this login", problem, slot)
        } catch let problem as Problem where problem.isOfOlderPeer {
            return await refused("no job is given by a platform of an earlier version", problem, slot)
        } catch let error as MessagingError where error.code == .malformedReply {
            return await refused("the platform's answer is not understood: update this worker", error, slot)
        } catch let problem as Problem where wake == nil && problem.code == "malformed_request" {
            // A platform of the version before gives the jobs of wakes only, whatever the labels.
            understanding.set(false)
            if configuration.scope.isUsual { return .drop }
            let error = JobFailure(
                "the platform is of an earlier version, which tells no builders apart: replace it first")
            logger.warning("no job is taken", metadata: ["error": "\(error)"])
            stalls(slot, "jobs cannot be claimed", error)
            await pause(.seconds(5))
            return .requeue
        } catch {
            logger.warning("claim not answered, trying again", metadata: ["error": "\(error)"])
            stalls(slot, "jobs cannot be claimed", error)
            await pause(.milliseconds(500))
            // The wake may come to another: what this worker was perhaps given it asks for by itself.
            if wake != nil { calls.call() }
            return .requeue
        }
    }

    /// Asking again at once would be answered alike.
    private func refused(_ what: Logger.Message, _ error: any Error, _ slot: Int) async -> Offer<Void> {
        logger.error(what, metadata: ["error": "\(error)"])
        stalls(slot, "jobs cannot be claimed", error)
        await pause(.seconds(5))
        return .requeue
    }

    private static func context(of grant: JobGrant, _ wake: (any JobOffer)?) -> MessageContext? {
        guard let traceparent = grant.traceparent else { return wake?.job == grant.job ? .current : nil }
        return MessageContext(id: .make(), run: grant.run, traceparent: traceparent)
    }

    private func stalls(_ slot: Int, _ what: String, _ error: any Error) {
        slots.failed("\(slot)", what, error)
        for stalled in slots.look() { logger.error("slot is stalled", metadata: ["reason": "\(stalled)"]) }
    }

    private func watchCancellations() async throws {
        try await platform.watchCancellations { registry.cancel($0) }
    }

    private func watchWaitingJobs() async throws {
        try await platform.watchWaitingJobs { [scope = configuration.scope] in if scope.takes($0.scope) { calls.call() }
        }
    }

    private func watch(_ body: @Sendable () async throws -> Void) async {
        while !Task.isCancelled {
            do {
                try await body()
            } catch {
                logger.warning("announcements cannot be received, trying again", metadata: ["error": "\(error)"])
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

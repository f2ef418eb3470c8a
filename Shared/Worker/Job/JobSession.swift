import Contracts
import Logging
import Measures
import Metrics
import Secrets
import ServiceLifecycle

/// One granted job from its claim to its last report.
struct JobSession: Sendable {
    let platform: any JobPlatform
    let executor: any JobExecutor
    let keys: KeyRing
    let registry: JobRegistry
    let slots: SlotWatch
    let health: WorkerHealth
    let configuration: JobLoopConfiguration
    let grant: JobGrant
    let claimedAt: ContinuousClock.Instant
    let logger: Logger

    func run() async {
        let (events, send) = AsyncStream.makeStream(of: JobLife.Event.self)
        let entered = registry.enter(grant.job, attempt: grant.attempt) { send.yield(.cancelled($0)) }
        guard entered else {
            logger.notice("job runs here already")
            return
        }
        defer { registry.leave(grant.job, attempt: grant.attempt) }
        defer { slots.end(key) }
        logger.info("job began")
        let outcome = await withTaskGroup(of: Void.self, returning: String.self) { group in
            group.addTask { await watchSlots() }
            let outcome = await perform(events, send)
            group.cancelAll()
            return outcome
        }
        _ = slots.look()
        logger.info("job ended", metadata: ["outcome": "\(outcome)"])
        Measure.workerJobs.counter(outcome).increment()
        Measure.jobSeconds.timer(outcome).record(duration: ContinuousClock.now - claimedAt)
    }

    private func perform(
        _ events: AsyncStream<JobLife.Event>, _ send: AsyncStream<JobLife.Event>.Continuation
    ) async -> String {
        let reporter = JobReporter(platform: platform, grant: grant, slots: slots, logger: logger) { reason in
            send.yield(.unreportable(reason))
        }
        let logs = LogDispatch()
        let stop = StopSignal()
        let run = JobRun(
            grant: grant, platform: platform, reporter: reporter, logs: logs, stop: stop,
            configuration: configuration.logs, logger: logger, exceeded: { send.yield(.exceeded($0)) },
            faulted: { send.yield(.faulted($0, $1)) },
            hasEnded: { slots.begin(key, "job \(grant.job) waits for the clean-up after its steps") })
        return await withTaskGroup(of: Void.self, returning: String.self) { group in
            group.addTask { await beat(run, send) }
            group.addTask { await tellStuck(run) }
            group.addTask { await watchTime(of: run, send) }
            group.addTask { await watchShutdown(send) }
            group.addTask { await logs.run() }
            group.addTask { if await reporter.run() { send.yield(.reported) } }
            group.addTask {
                let end = await stop.run { await work(run) }
                slots.end(key)
                send.yield(.worked(end))
            }
            var life = JobLife()
            var outcome = "cancelled by force"
            following: for await event in events {
                switch life.handle(event) {
                case .stopWork(let why):
                    logger.notice("job is stopped", metadata: ["reason": "\(why.reason)"])
                    slots.begin(key, "job \(grant.job) was stopped and has not ended")
                    stop.stop(why)
                case .report(let how, let reason, let handBack):
                    outcome = how.rawValue
                    if handBack == .worker {
                        health.ended(reason ?? "")
                    } else if how == .success {
                        health.ended(nil)
                    }
                    reporter.finished(
                        how, reason: reason, handBack: handBack,
                        unreported: run.unreported(outcome: how, reason: reason))
                case .abandon:
                    logger.error("the job's lease is lost; another worker may have it: stopped without a report")
                    outcome = "abandoned"
                    slots.begin(key, "job \(grant.job) was stopped and has not ended")
                    break following
                case .end: break following
                case .nothing: continue
                }
            }
            // Where it is not over, it may be another worker's.
            stop.stop(JobStop("the job is over", successor: .attempt))
            group.cancelAll()
            return outcome
        }
    }

    private var key: String { "\(grant.job).\(grant.attempt).end" }

    /// Says that the slot has stalled, as soon as it has.
    private func watchSlots() async {
        do {
            while true {
                try await Task.sleep(for: min(configuration.patience / 4, .seconds(15)))
                for stalled in slots.look() { logger.error("slot is stalled", metadata: ["reason": "\(stalled)"]) }
            }
        } catch {
            // Cancelled: the job is over.
        }
    }

    private func work(_ run: JobRun) async -> JobLife.WorkEnd {
        do {
            let job = try GrantedJob(grant, keys: keys, for: SealAudience(configuration.scope))
            run.begin(job)
            try await executor.execute(job, run)
            return run.end
        } catch {
            if Task.isCancelled { return .interrupted }
            if let failure = error as? JobFailure, let handBack = failure.handBack {
                run.faulted(handBack, failure.reason)
                return .interrupted
            }
            let reason = (error as? JobFailure)?.reason ?? "\(error)"
            await run.fail(reason)
            return run.masked(.broken(reason))
        }
    }

    /// Renews the lease, and says when it is lost.
    private func beat(_ run: JobRun, _ send: AsyncStream<JobLife.Event>.Continuation) async {
        var lease = Lease(
            .seconds(grant.leaseSeconds), hold: .seconds(grant.holdSeconds ?? 0), claimedAt: claimedAt)
        do {
            while true {
                try await Task.sleep(until: lease.nextBeat(after: .now), clock: .continuous)
                if lease.isLost(at: .now) {
                    send.yield(.leaseLost)
                    return
                }
                let sent = ContinuousClock.now
                do {
                    try await platform.report(
                        heartbeat(run), id: .make(), run: grant.run,
                        timeout: min(lease.patience, max(.milliseconds(100), sent.duration(to: lease.end))))
                    lease.renewed(at: sent)
                } catch {
                    try Task.checkCancellation()
                    lease.beatFailed()
                    logger.warning("heartbeat not confirmed", metadata: ["error": "\(error)"])
                }
            }
        } catch {
            // Cancelled: the job is over.
        }
    }

    private func heartbeat(_ run: JobRun) -> JobHeartbeat {
        JobHeartbeat(
            job: grant.job, run: grant.run, attempt: grant.attempt, stuck: run.stuckReason, token: grant.token)
    }

    /// Tells at once that the job does not get on, or does again, so that what waits for it need not wait for the next
    /// heartbeat as well.
    private func tellStuck(_ run: JobRun) async {
        for await _ in run.stuckChanges {
            do {
                try await platform.report(
                    heartbeat(run), id: .make(), run: grant.run, timeout: .seconds(grant.leaseSeconds) / 3)
            } catch {
                // The next heartbeat says the same.
                logger.debug("heartbeat not confirmed", metadata: ["error": "\(error)"])
            }
        }
    }

    private func watchTime(of run: JobRun, _ send: AsyncStream<JobLife.Event>.Continuation) async {
        do {
            try await Task.sleep(for: .seconds(grant.timeoutSeconds))
            send.yield(.timedOut(seconds: grant.timeoutSeconds, advice: run.timeoutAdvice))
        } catch {
            // Cancelled: the job is over.
        }
    }

    private func watchShutdown(_ send: AsyncStream<JobLife.Event>.Continuation) async {
        do {
            try await gracefulShutdown()
            try await Task.sleep(for: configuration.grace)
            send.yield(.graceOver)
        } catch {
            // Cancelled: the job is over.
        }
    }
}

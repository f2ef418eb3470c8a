import Contracts
import Measures
import Metrics
import Secrets

/// What workers say of their jobs, each message in one transaction. A report that comes twice has the effect of once: there
/// is one of its kind for each step of a grant, and one of the job's end.
struct JobOperations: Sendable {
    let engine: RunEngine
    let intake: LogIntake

    /// Gives a job to a worker, or says why not.
    /// - Parameter login: the broker's login that asks, where each service has its own.
    func claim(_ claim: JobClaim, by login: String, as principal: Principal) async throws -> JobClaimReply {
        try principal.require(.serveStages)
        let began = ContinuousClock.now
        let reply = try await engine.store.write { try engine.claim(claim, by: login, in: $0) }
        // From when it is asked, the turn at the database included, until its answer is durable.
        Measure.claimSeconds.timer("\(reply.isGranted)").record(duration: ContinuousClock.now - began)
        return reply
    }

    /// Why a report is not believed to be of whoever was granted its job; `nil` where it is. Workers of an earlier version,
    /// whose claims say nothing of their lives, have no token to show.
    func refusal(of report: some GrantReport, as principal: Principal) async throws -> String? {
        try principal.require(.serveStages)
        let configuration = engine.configuration
        guard let token = report.token else {
            if let moment = configuration.unsignedUntil, .now < moment,
                try await engine.store.read({ [id = report.job] in try $0.jobs.find(id)?.lease.life }) == nil
            {
                return nil
            }
            return "it bears no token of a grant of the job \(report.job): update the worker that sends it"
        }
        guard !configuration.grantTokens.verify(token, for: report.job, attempt: report.attempt) else { return nil }
        return "its token is not that of attempt \(report.attempt) of the job \(report.job)"
    }

    /// Renews a lease. Said twice it means no more than once, so it is not noted in the inbox.
    func heartbeat(_ message: JobHeartbeat, as principal: Principal) async throws {
        try principal.require(.serveStages)
        try await engine.store.write { try engine.heartbeat(message, in: $0) }
    }

    /// Has time go on. Said twice it means no more than once.
    func beat(_ message: PlatformBeat, as principal: Principal) async throws {
        try principal.require(.serveStages)
        try await engine.store.write { try engine.beat(message, in: $0) }
    }

    func stepStarted(_ message: StepStarted, as principal: Principal) async throws {
        try principal.require(.serveStages)
        try await once("\(message.step).started", message, of: message.step) { try engine.stepStarted(message, in: $0) }
    }

    func stepFinished(_ message: StepFinished, as principal: Principal) async throws {
        try principal.require(.serveStages)
        try await once("\(message.report.step).finished", message, of: message.report.step) {
            try engine.stepFinished(message, in: $0)
        }
    }

    func jobFinished(_ message: JobFinished, as principal: Principal) async throws {
        try principal.require(.serveStages)
        try await once("finished", message) { try engine.jobFinished(message, in: $0) }
    }

    /// Notes a report by what it is, as workers name its message: whatever ids one makes up, no more are kept than there are
    /// steps, and none is that of another worker's message or another stage's.
    private func once(
        _ what: String, _ report: some GrantReport, of step: String? = nil,
        _ body: @escaping @Sendable (Transaction) throws -> Void
    ) async throws {
        let (id, attempt) = (report.job, report.attempt)
        try await engine.store.write { transaction in
            guard let job = try transaction.jobs.find(id) else { return }
            if let step {
                let found = try transaction.runs.step(step, stage: job.stage, of: job.run)
                guard let found, job.has(found) else { return }
            }
            guard try transaction.accept(MessageID(rawValue: "\(id).\(attempt).\(what)")) else { return }
            try body(transaction)
        }
    }

    /// Keeps a piece of a step's log, and returns once it is on the disk.
    /// - Throws: ``OperationError``: `notFound` for a step that is not there, `conflict` where what comes before the piece
    ///   has not arrived.
    func printed(_ chunk: LogChunk, as principal: Principal) async throws {
        try principal.require(.serveStages)
        do {
            try await intake.add(chunk)
        } catch let unknown as LogIntake.Unknown {
            throw OperationError(.notFound, "unknown_step", "\(unknown)")
        } catch let gap as LogGap {
            throw OperationError(
                .conflict, "log_gap", "\(gap)", remedy: "send the piece again after what comes before it")
        }
    }
}

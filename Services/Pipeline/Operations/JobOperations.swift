import Contracts
import Secrets

/// What workers say of their jobs, each message in one transaction. A report that comes twice has the effect of once, by
/// its message's id.
struct JobOperations: Sendable {
    let engine: RunEngine
    let intake: LogIntake

    /// Gives a job to a worker, or says why not.
    /// - Parameter login: the broker's login that asks, where each service has its own.
    func claim(_ claim: JobClaim, by login: String, as principal: Principal) async throws -> JobClaimReply {
        try principal.require(.serveStages)
        return try await engine.store.write { try engine.claim(claim, by: login, in: $0) }
    }

    /// Why a report is not believed to be of whoever was granted its job; `nil` where it is. Workers of an earlier version
    /// have no token to show.
    func refusal(of report: some GrantReport) -> String? {
        let configuration = engine.configuration
        guard let token = report.token else {
            if let moment = configuration.unsignedUntil, .now < moment { return nil }
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

    func stepStarted(_ message: StepStarted, id: MessageID, as principal: Principal) async throws {
        try principal.require(.serveStages)
        _ = try await engine.store.write(once: id.of(message)) { try engine.stepStarted(message, in: $0) }
    }

    func stepFinished(_ message: StepFinished, id: MessageID, as principal: Principal) async throws {
        try principal.require(.serveStages)
        _ = try await engine.store.write(once: id.of(message)) { try engine.stepFinished(message, in: $0) }
    }

    func jobFinished(_ message: JobFinished, id: MessageID, as principal: Principal) async throws {
        try principal.require(.serveStages)
        _ = try await engine.store.write(once: id.of(message)) { try engine.jobFinished(message, in: $0) }
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

extension MessageID {
    /// Under which a report is noted: no worker takes the id of what another one, or another stage, sends.
    fileprivate func of(_ report: some GrantReport) -> MessageID {
        let grant = "\(report.job).\(report.attempt)."
        return rawValue.hasPrefix(grant) ? self : MessageID(rawValue: grant + rawValue)
    }
}

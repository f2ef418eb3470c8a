import Contracts

/// What people ask for.
extension RunEngine {
    /// Makes a run that waits for its source.
    /// - Parameter isByHand: whether a person asks for it.
    func requestRun(
        for trigger: Trigger, given: GivenProcess?, of repository: Repository, by caller: Caller,
        isByHand: Bool = true, in transaction: Transaction
    ) throws -> RunID {
        var run = try newRun(trigger, in: transaction)
        run.byHand = isByHand ? true : nil
        run.startedBy = caller
        run.reason = "waits for the source"
        try transaction.runs.insert(run, details: RunDetails(trigger: trigger, given: given))
        try transaction.send(
            SyncRequested(trigger: trigger, cloneURL: repository.cloneURL), id: trigger.id, run: run.id)
        transaction.changed(run.id, of: run.repository)
        return run.id
    }

    /// Makes a run of the same commit, process and parameters as an earlier one.
    func rerun(
        _ earlier: RunSummary, _ details: RunDetails, of repository: Repository, by caller: Caller,
        in transaction: Transaction
    ) throws -> RunID {
        var trigger = details.trigger
        trigger.id = .make(at: transaction.now)
        trigger.run = .make(at: transaction.now)
        trigger.commit = earlier.commit?.sha ?? trigger.commit
        trigger.parent = earlier.number
        trigger.skip = false
        trigger.madeUp = nil
        trigger.overtakenBy = nil
        trigger.receivedAt = transaction.now
        let given = details.choice.flatMap { choice -> GivenProcess? in
            // Nothing was compiled then: it is chosen anew.
            guard !choice.digest.isEmpty else { return nil }
            return GivenProcess(
                component: choice.source == .component ? choice.name : nil, digest: choice.digest,
                note: "the process of run #\(earlier.number)")
        }
        return try requestRun(
            for: trigger, given: given ?? details.given, of: repository, by: caller, in: transaction)
    }

    /// Ends a run: what waits does not start, what runs is stopped. One that is over stays as it is.
    /// - Returns: `false` where there is none.
    func cancel(_ id: RunID, by caller: Caller, in transaction: Transaction) throws -> Bool {
        try end(id, by: caller, reason: "cancelled by \(caller.account)", in: transaction)
    }

    /// Ends a run as ``cancel(_:by:in:)`` does, for a reason of the platform's own where nobody asked for it.
    @discardableResult
    func end(_ id: RunID, by caller: Caller? = nil, reason: String, in transaction: Transaction) throws -> Bool {
        guard var summary = try transaction.runs.summary(id) else { return false }
        if summary.state.isFinal { return true }
        let isPlanned = try RunExecutor(self, transaction).update(id) { run in
            caller.map { run.cancel(by: $0, reason: reason) } ?? run.cancel(reason: reason)
        }
        if isPlanned { return true }
        // Still without its source: what comes of it is ignored.
        summary.state = .cancelled
        summary.cancelledBy = caller
        summary.reason = reason
        summary.finishedAt = transaction.now
        try transaction.runs.update(summary)
        if let details = try transaction.runs.details(id) {
            try transaction.emit(events.finished(summary, details), run: id)
        }
        transaction.changed(id, of: summary.repository)
        return true
    }
}

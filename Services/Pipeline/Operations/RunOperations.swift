import Contracts

/// What people do with runs, and see of them.
struct RunOperations: Sendable {
    let engine: RunEngine
    let reader: RunReader

    // MARK: - Seeing

    /// The newest runs first.
    /// - Parameter before: the `next` of an earlier page.
    func list(
        _ query: RunQuery = RunQuery(), before: RunID? = nil, limit: Int = 50, as principal: Principal
    ) async throws -> Page<RunSummary> {
        var query = query
        query.visibility = principal.visibility(.seeRuns)
        // Of one that they may not see not even the place is told.
        if let before {
            let path = try await engine.store.read {
                try $0.runs.summary(before)?.repository ?? $0.removals.find(before)?.repository
            }
            guard let path, principal.may(.seeRuns, in: path) else {
                throw OperationError.invalid("malformed_query", "before=\(before) is not the `next` of a page")
            }
        }
        return try await reader.list(query, before: before, limit: limit)
    }

    /// The run, whole.
    func view(_ id: RunID, as principal: Principal) async throws -> RunView {
        guard let view = try await find(id, as: principal) else {
            throw try await engine.store.read { try Self.absence(of: id, in: $0, as: principal) }
        }
        return view
    }

    /// Why there is no such run, for those who saw it while it was kept.
    private static func absence(
        of id: RunID, in tables: some Tables, as principal: Principal
    ) throws -> OperationError {
        guard let removal = try tables.removals.find(id), principal.may(.seeRuns, in: removal.repository) else {
            return .unknown(id)
        }
        return .removed(removal)
    }

    /// The run, whole; `nil` where there is none that they may see.
    func find(_ id: RunID, as principal: Principal) async throws -> RunView? {
        guard let view = try await reader.view(id), principal.may(.seeRuns, in: view.summary.repository) else {
            return nil
        }
        return view
    }

    /// Tells *that* something changed with a run; what it is, ``latest(_:as:)`` says.
    func changes(of run: RunID, as principal: Principal) async throws -> RunChanges.Watch {
        try principal.require(.seeRuns, of: try await summary(run, as: principal))
        return engine.store.changes.watch(run)
    }

    /// Tells *that* something changed with a run of a list; what it is, ``latest(_:as:)`` says, or the live page.
    func changes(in query: RunQuery = RunQuery(), as principal: Principal) -> RunChanges.Watch {
        let visibility = principal.visibility(.seeRuns)
        return engine.store.changes.watch { path in
            (query.repository ?? path) == path && visibility.covers(path)
        }
    }

    /// A page of a list that is kept live: what it was, with what has become of runs since; read anew where that does not
    /// say what is on it.
    func livePage(
        _ query: RunQuery, before: RunID?, limit: Int, from last: LivePage? = nil, with changed: Set<RunID> = [],
        as principal: Principal
    ) async throws -> LivePage {
        if let last, let updated = try await reader.update(last, with: changed) { return updated }
        var query = query
        query.visibility = principal.visibility(.seeRuns)
        return try await reader.livePage(query, before: before, limit: limit)
    }

    /// The run, whole, for one of many who were told that it has changed; `nil` where there is none that they may see.
    func latest(_ id: RunID, as principal: Principal) async throws -> RunView? {
        guard let view = try await reader.latest(id), principal.may(.seeRuns, in: view.summary.repository) else {
            return nil
        }
        return view
    }

    /// Follows a run: its state whenever it changes, and the logs of its steps as they grow.
    func follow(_ id: RunID, logs: RunFollower.Logs, as principal: Principal) async throws -> Follower {
        try principal.require(.seeRuns, of: try await summary(id, as: principal))
        return Follower(reader.follow(id, logs: logs))
    }

    /// The log of a step's attempt.
    /// - Parameter attempt: the newest if `nil`.
    func log(of run: RunID, step: Int, attempt: Int?, as principal: Principal) async throws -> StepLog {
        let latest = try await engine.store.read { tables in
            guard let summary = try tables.runs.summary(run) else {
                throw try Self.absence(of: run, in: tables, as: principal)
            }
            try principal.require(.seeRuns, of: summary)
            guard let step = try tables.runs.step(step, of: run) else {
                throw OperationError(.notFound, "unknown_step", "the run “\(run)” has no step \(step)")
            }
            return step.attempt
        }
        return StepLog(id: LogStreamID(run: run, step: step, attempt: attempt ?? latest), reader: reader)
    }

    /// The log of a step as a view of its run has it.
    func log(of run: RunView, _ step: StepView, as principal: Principal) throws(OperationError) -> StepLog {
        try principal.require(.seeRuns, of: run.summary)
        return StepLog(id: LogStreamID(run: run.summary.id, step: step.id, attempt: step.attempt), reader: reader)
    }

    private func summary(_ id: RunID, as principal: Principal) async throws -> RunSummary {
        try await engine.store.read { tables in
            guard let summary = try tables.runs.summary(id) else {
                throw try Self.absence(of: id, in: tables, as: principal)
            }
            return summary
        }
    }

    // MARK: - Doing

    /// Starts a run by hand: it waits for its source, then runs what was given, or what a push would run.
    /// - Throws: ``OperationError`` for an unknown repository or component, for a document that is no process, and for an
    ///   event that nobody can make by hand.
    func start(_ request: RunRequest, as principal: Principal) async throws -> RunView {
        try principal.require(request.document == nil ? .startRun : .startGivenRun, in: request.repository)
        let compiled = try request.document.map { try ComponentOperations.compile($0, name: "document") }
        let run = try await engine.store.write(as: principal) { transaction in
            let repository = try RepositoryOperations.find(request.repository, in: transaction, as: principal)
            let given = try Self.given(by: request, compiled, in: transaction)
            let trigger = try Trigger(byHand: request, defaultBranch: repository.defaultBranch, now: transaction.now)
            let run = try engine.requestRun(
                for: trigger, given: given, of: repository, by: principal.caller, in: transaction)
            var asked = request
            // What ran is kept by its digest; values are of the run alone.
            asked.document = nil
            asked.parameters = nil
            try transaction.audit(
                request.document == nil ? .startRun : .startGivenRun, by: principal, of: run.rawValue,
                in: request.repository, run: run, after: .audited(asked))
            return run
        }
        return try await view(run, as: principal)
    }

    /// Runs the same commit with the same process and parameters once more.
    func rerun(_ id: RunID, as principal: Principal) async throws -> RunView {
        let run = try await engine.store.write(as: principal) { transaction in
            guard let summary = try transaction.runs.summary(id), let details = try transaction.runs.details(id) else {
                throw try Self.absence(of: id, in: transaction, as: principal)
            }
            try principal.require(.rerun, of: summary)
            let repository = try RepositoryOperations.find(summary.repository, in: transaction, as: principal)
            let run = try engine.rerun(summary, details, of: repository, by: principal.caller, in: transaction)
            try transaction.audit(
                .rerun, by: principal, of: run.rawValue, in: summary.repository, run: run,
                after: ["again": .string(id.rawValue)])
            return run
        }
        return try await view(run, as: principal)
    }

    /// Ends a run: what waits does not start, what runs is stopped. One that is over stays as it is.
    func cancel(_ id: RunID, as principal: Principal) async throws -> RunView {
        let isKnown = try await engine.store.write(as: principal) { transaction in
            if let summary = try transaction.runs.summary(id) {
                try principal.require(.cancelRun, of: summary)
                if !summary.state.isFinal {
                    try transaction.audit(
                        .cancelRun, by: principal, of: id.rawValue, in: summary.repository, run: id,
                        before: ["state": .string(summary.state.rawValue)])
                }
            }
            return try engine.cancel(id, by: principal.caller, in: transaction)
        }
        guard isKnown else {
            throw try await engine.store.read { try Self.absence(of: id, in: $0, as: principal) }
        }
        return try await view(id, as: principal)
    }

    /// In bytes; it stands in the run's trace.
    private static let longestReason = 1_000

    /// Approves a rollout that waits for it, or refuses one that waits at all.
    /// - Throws: ``OperationError`` where it does not wait, and where who asks may not approve it.
    func decide(_ step: Int, of id: RunID, _ request: VerdictRequest, by principal: Principal) async throws -> RunView {
        try principal.require(.decideRollout, of: try await summary(id, as: principal))
        if principal.onlySees {
            throw OperationError(
                .forbidden, "limited_token",
                "the token “\(principal.token ?? principal.name)” is limited to the role viewer, which decides no rollout",
                remedy: "sign in without it, or with a token of the role developer or more")
        }
        let reason = request.reason.flatMap { $0.isEmpty ? nil : $0 }
        if let length = reason?.utf8.count, length > Self.longestReason {
            throw OperationError.invalid(
                "long_reason", "the reason has \(length) bytes",
                remedy: "write \(Self.longestReason) at most, and the rest where the change is discussed")
        }
        try await engine.store.write(as: principal) { transaction in
            guard let record = try transaction.runs.step(step, of: id) else {
                throw OperationError(.notFound, "unknown_step", "the run “\(id)” has no step \(step)")
            }
            let job = try transaction.jobs.all(of: id).last {
                $0.stage == record.stage && $0.steps.contains(record.name) && $0.lease.state == .waiting
            }
            // A freeze is nobody's to approve away; what it holds may be refused.
            guard let job, job.approvals != nil || !request.approves, let name = job.environment,
                let environment = try transaction.environments.find(name)
            else {
                let state = job?.waits.map { "it \($0)" } ?? "it is \(record.state.rawValue)"
                throw OperationError(
                    .conflict, "not_waiting", "the step “\(record.name)” does not wait to be approved: \(state)")
            }
            guard let summary = try transaction.runs.summary(id) else { throw OperationError.unknown(id) }
            let operation = environment.rules.approvers.isEmpty ? Operation.decideOpenRollout : .decideRollout
            try principal.require(operation, of: summary)
            let approvers = Approvers(environment.rules.approvers)
            guard
                approvers.may(principal.name, oneOf: principal.groups, hasChosenName: principal.hasChosenName)
            else {
                throw OperationError(
                    .forbidden, "not_approver",
                    "“\(principal.name)” may not approve rollouts to “\(name)”",
                    remedy: "\(environment.rules.approvers.joined(separator: ", ")) may, each by their own account"
                )
            }
            // Who says the same again changes nothing.
            let said = try transaction.environments.verdicts(of: job.id).first { $0.name == principal.name }
            guard said?.approves != request.approves else { return }
            let verdict = VerdictView(
                name: principal.name, approves: request.approves, reason: reason, at: transaction.now,
                group: approvers.covers(principal.name, hasChosenName: principal.hasChosenName)
                    ? nil : approvers.group(of: principal.groups))
            try transaction.environments.save(verdict, of: job.id)
            try transaction.audit(
                operation, by: principal, of: name, in: summary.repository, run: id,
                before: said.map { try .audited($0) },
                after: .audited(verdict))
            try RunExecutor(engine, transaction).update(id) { $0.decided(job.id, verdict) }
        }
        return try await view(id, as: principal)
    }

    /// What is to run instead of what a push would, or `nil`; it is kept.
    private static func given(
        by request: RunRequest, _ compiled: CompiledProcess?, in transaction: Transaction
    ) throws -> GivenProcess? {
        let given: GivenProcess
        if let compiled {
            try transaction.components.keep(
                process: compiled.document, digest: compiled.digest, now: transaction.now)
            given = GivenProcess(digest: compiled.digest, note: "a document", warnings: compiled.warnings)
        } else if let name = request.component {
            guard let component = try transaction.components.find(name) else {
                throw OperationError.unknown(component: name)
            }
            given = GivenProcess(
                component: name, digest: component.digest,
                note: "component “\(name)”, revision \(component.revision)")
        } else {
            return nil
        }
        guard let document = try transaction.components.process(given.digest) else { return given }
        do {
            _ = try ProcessCompiler.values(of: document, given: request.parameters ?? [:])
        } catch let failure as CompileFailure {
            throw OperationError.invalid("malformed_parameters", failure.summary)
        }
        return given
    }
}

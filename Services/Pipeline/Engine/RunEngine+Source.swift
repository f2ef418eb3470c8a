import Contracts
import Logging
import PipelineLanguage
import Runtime
import Storage

/// From a source that is there, or cannot be fetched, to a run.
extension RunEngine {
    /// The commit is not here yet: the run is there from now on, and says why it waits.
    func syncDelayed(_ message: SyncDelayed, in transaction: Transaction) throws {
        let runs = transaction.runs
        guard try transaction.repositories.find(message.trigger.repository) != nil else {
            return
        }
        if try transaction.removals.has(message.trigger) { return }
        let known = try known(message.trigger, runs)
        if isLost(message.trigger, known) { return }
        // It came late: the source is there, or cannot be fetched; or it was there and is fetched again.
        if let known, known.state.isFinal || known.commit != nil {
            try RunExecutor(self, transaction).update(known.id) { $0.sourceDelayed(message.reason) }
            return
        }
        guard try known != nil || acceptPush(message.trigger, in: transaction) else { return }
        var run = try known ?? newRun(message.trigger, in: transaction)
        run.reason = message.reason
        if known == nil {
            try runs.insert(run, details: RunDetails(trigger: message.trigger))
        } else {
            try runs.update(run)
        }
        transaction.changed(run.id, of: run.repository)
    }

    /// The commit could not be fetched: the run ends with the reason.
    func syncFailed(_ message: SyncFailed, in transaction: Transaction) throws {
        let runs = transaction.runs
        guard try transaction.repositories.find(message.trigger.repository) != nil else {
            logger.warning(
                "a push to an unknown repository runs nothing",
                metadata: ["repository": "\(message.trigger.repository)", "error": "\(message.reason)"])
            if message.code == .unknownRepository, message.trigger.repository.problem == nil {
                try transaction.discovered.note(message, now: transaction.now)
            }
            return
        }
        if try transaction.removals.has(message.trigger) { return }
        let known = try known(message.trigger, runs)
        if isLost(message.trigger, known) { return }
        if let known, known.state.isFinal || known.commit != nil {
            try RunExecutor(self, transaction).update(known.id) { $0.sourceLost(message.reason) }
            return
        }
        guard try known != nil || acceptPush(message.trigger, in: transaction) else { return }
        var run = try known ?? newRun(message.trigger, in: transaction)
        run.state = .failure
        run.reason = message.reason
        run.finishedAt = transaction.now
        let details = RunDetails(trigger: message.trigger)
        if known == nil { try runs.insert(run, details: details) } else { try runs.update(run) }
        try transaction.emit(events.finished(run, try runs.details(run.id) ?? details), run: run.id)
        transaction.changed(run.id, of: run.repository)
    }

    /// Has sync say where a run's source is now: whichever is there fetches the commit, unless it has it, and names itself.
    func askForSource(of run: ActiveRun, _ executor: RunExecutor, in transaction: Transaction) throws {
        let path = run.summary.repository
        guard let repository = try transaction.repositories.find(path) else {
            try executor.update(run.id) { $0.sourceLost("\(path) is not registered any more") }
            return
        }
        var trigger = run.details.trigger
        // Another id than its push had: what came of that was taken in before.
        trigger.id = .make(at: transaction.now)
        trigger.run = run.id
        trigger.commit = run.summary.commit?.sha
        logger.notice(
            "the source of a run is away, and is asked for again",
            metadata: ["run": "\(run.id)", "address": "\(run.details.mirrorURL ?? "")"])
        try transaction.send(
            SyncRequested(trigger: trigger, cloneURL: repository.cloneURL), id: trigger.id, run: run.id)
    }

    // MARK: - The choice

    /// What the process is chosen from; `nil` for a push to a repository nobody registered.
    func situation(of message: SourceSynced, in tables: Snapshot) throws -> ProcessDecision.Situation? {
        let trigger = message.trigger
        let repositories = tables.repositories
        guard let repository = try repositories.find(trigger.repository) else {
            logger.warning(
                "a push to an unknown repository runs nothing",
                metadata: ["repository": "\(trigger.repository)", "ref": "\(trigger.ref)"])
            return nil
        }
        let associations = try repositories.associations(of: repository.path)
        let components = tables.components
        var found: [String: ComponentView] = [:]
        for association in associations {
            found[association.component] = try components.find(association.component)
        }
        let given = try trigger.run.flatMap { try tables.runs.details($0)?.given }
        return ProcessDecision.Situation(
            repository: repository, associations: associations, given: given,
            givenDocument: try given.flatMap { try components.process($0.digest) }, components: found,
            templates: try components.processes(message.pipelineFile.map(ProcessCompiler.componentNames) ?? []))
    }

    // MARK: - The run

    private func known(_ trigger: Trigger, _ runs: RunStore) throws -> RunSummary? {
        if let run = trigger.run { return try runs.summary(run) }
        return try runs.run(of: trigger.id).flatMap(runs.summary)
    }

    /// Whether it is of a run that was asked for and is not there: what is known of it was lost with a database that was put
    /// back from a backup, and with it what was to run.
    private func isLost(_ trigger: Trigger, _ known: RunSummary?) -> Bool {
        guard let run = trigger.run, known == nil else { return false }
        logger.notice(
            "the source of a run that the database does not know is passed over",
            metadata: ["repository": "\(trigger.repository)", "run": "\(run)"])
        return true
    }

    /// A run that nobody made before, with the repository's next number.
    func newRun(_ trigger: Trigger, in transaction: Transaction) throws -> RunSummary {
        RunSummary(
            id: trigger.run ?? .make(at: transaction.now), repository: trigger.repository,
            number: try transaction.runs.nextNumber(of: trigger.repository), state: .pending,
            reason: nil, event: trigger.event, ref: trigger.ref, branch: trigger.branch, commit: nil,
            sender: trigger.sender, byHand: trigger.run == nil ? nil : true, madeUp: trigger.madeUp,
            createdAt: transaction.now, startedAt: nil, finishedAt: nil)
    }

    /// Makes the run of a commit that is in the mirror, or goes on with the one that waited for it.
    func begin(_ message: SourceSynced, _ decision: ProcessDecision, in transaction: Transaction) throws {
        let runs = transaction.runs
        // It ended and is not kept any more: the same push came by another way.
        if try transaction.removals.has(message.trigger) { return }
        let known = try known(message.trigger, runs)
        if isLost(message.trigger, known) { return }
        // Planned or ended before: the same push came by another way, or its source was asked for again.
        if let known, known.state.isFinal || known.commit != nil {
            guard !known.state.isFinal, known.commit?.sha == message.commit.sha else { return }
            try runs.update(mirrorURL: message.mirrorURL, of: known.id)
            try RunExecutor(self, transaction).update(known.id) { $0.sourceFound() }
            return
        }
        guard try known != nil || acceptPush(message.trigger, commit: message.commit.sha, in: transaction) else {
            return
        }
        var run = try known ?? newRun(message.trigger, in: transaction)
        run.event = message.trigger.event
        run.ref = message.trigger.ref
        run.branch = message.trigger.branch
        run.commit = message.commit
        run.reason = nil
        var trigger = message.trigger
        trigger.overtakenBy = try overtaker(of: trigger, at: message.commit.sha, in: transaction)
        trigger.defaultBranch =
            try transaction.repositories.find(trigger.repository)?.defaultBranch
        var details = RunDetails(
            trigger: trigger, given: try runs.details(run.id)?.given, changes: message.changes,
            mirrorURL: message.mirrorURL)
        if known == nil { try runs.insert(run, details: details) }

        switch decision {
        case .skip(let reason, let choice), .fail(let reason, let choice):
            if case .skip = decision { run.state = .skipped } else { run.state = .failure }
            run.reason = reason
            run.finishedAt = transaction.now
            details.choice = choice
            try runs.update(run)
            try runs.update(details, of: run.id)
            logger.info("a push runs nothing", metadata: ["run": "\(run.id)", "reason": "\(reason)"])
            if run.state == .failure { try transaction.emit(events.finished(run, details), run: run.id) }
            transaction.changed(run.id, of: run.repository)
        case .process(let compiled, let choice):
            details.choice = choice
            try transaction.components.keep(
                process: compiled.document, digest: compiled.digest, now: transaction.now)
            let process = try plans.process(compiled.digest) { try ProcessCompiler.decode(compiled.document) }
            try start(run, details, process, in: transaction)
        }
    }

    /// Where a push's ref went on to by pushes that arrived before it, as the hooks tell it: forges send them in any order. A
    /// push that goes back to the commit, whose own beginning is one of those, is none of them, and a run by hand is what
    /// somebody wants now.
    private func overtaker(of trigger: Trigger, at commit: String, in transaction: Transaction) throws -> String? {
        guard trigger.event == .push, trigger.run == nil, trigger.madeUp != true else { return nil }
        let pushes = try transaction.runs.pushes(of: trigger.repository, ref: trigger.ref, limit: Self.pushesKnown)
        return PushOrder(pushes).overtaker(of: commit, before: trigger.before)
    }

    /// How many of a ref's last pushes are looked at.
    private static let pushesKnown = 100

    private func start(
        _ run: RunSummary, _ details: RunDetails, _ process: PipelineLanguage.Process, in transaction: Transaction
    ) throws {
        let runs = transaction.runs
        var run = run
        var details = details
        func fail(_ reason: String) throws {
            run.state = .failure
            run.reason = reason
            run.finishedAt = transaction.now
            try runs.update(run)
            try runs.update(details, of: run.id)
            try transaction.emit(events.finished(run, details), run: run.id)
            transaction.changed(run.id, of: run.repository)
        }
        let plan: Plan
        do {
            plan = try Self.plan(process, summary: run, details: details, configuration)
        } catch let failure as CompileFailure {
            return try fail(failure.summary)
        }
        let serial = try runs.serial(run.id)
        let refusal =
            try configuration.quotas.refusal(of: plan)
            ?? configuration.quotas.refusal(of: run.repository) { repository, limit in
                try runs.countOpen(of: repository, before: serial ?? .max, limit: limit)
            } jobs: { repository, limit in
                try transaction.jobs.count(.open, of: repository, limit: limit)
            }
        if let reason = refusal {
            logger.warning("a run is refused", metadata: ["run": "\(run.id)", "reason": "\(reason)"])
            return try fail(reason)
        }
        let planner = Planner(plan: plan)
        details.progress = planner.progress
        let rows = ActiveRun.Rows(of: plan, run)
        try runs.update(run)
        try runs.update(details, of: run.id)
        for stage in rows.stages { try runs.save(stage) }
        for step in rows.steps { try runs.save(step) }
        try transaction.emit(events.queued(run, details), run: run.id)
        try RunExecutor(self, transaction).update(run.id) { $0.start() }
    }

    static func plan(
        _ document: String, summary: RunSummary, details: RunDetails, _ configuration: EngineConfiguration
    ) throws -> Plan {
        try plan(try ProcessCompiler.decode(document), summary: summary, details: details, configuration)
    }

    /// What the process means for this run: its parameters filled in, its conditions looked at.
    static func plan(
        _ process: PipelineLanguage.Process, summary: RunSummary, details: RunDetails,
        _ configuration: EngineConfiguration
    ) throws -> Plan {
        guard let commit = summary.commit else {
            throw StoreError(.corrupt, "the run \(summary.id) is planned without a commit")
        }
        let process = try ProcessCompiler.resolve(
            process, parameters: details.trigger.parameters,
            variables: variables(of: summary, commit, details, configuration))
        var facts = Facts(
            details.trigger, changes: details.changes, message: summary.commit?.message,
            instance: configuration.instance)
        if details.trigger.run != nil {
            // Someone asked for it: what the commit's message says about running does not count.
            facts.skip = false
            facts.message = nil
        }
        return Plan(process, facts: facts)
    }

    /// What steps learn about the run, but for what may change while it runs: a plan is made again after a restart, and
    /// has to be the same.
    static func variables(
        of run: RunSummary, _ commit: Commit, _ details: RunDetails, _ configuration: EngineConfiguration
    ) -> RunVariables {
        RunVariables(
            trigger: details.trigger, commit: commit, run: run.id, number: run.number,
            instanceURL: configuration.publicURL, platformVersion: Version.current,
            defaultBranch: details.trigger.defaultBranch, startedBy: run.startedBy?.account, createdAt: run.createdAt)
    }
}

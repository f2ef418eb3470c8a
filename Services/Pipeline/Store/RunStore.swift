import Contracts
import PipelineLanguage
import Storage

/// Runs, their stages and their steps.
struct RunStore {
    let database: Database

    static let callers = Migration(
        "2026-11 callers",
        sql: """
            -- Who did it, by what; none where it was done before that was kept.
            ALTER TABLE runs ADD COLUMN startedBy TEXT;
            ALTER TABLE runs ADD COLUMN cancelledBy TEXT;
            ALTER TABLE componentRevisions ADD COLUMN savedBy TEXT;
            ALTER TABLE repositories ADD COLUMN associatedBy TEXT;
            """)

    func summary(_ id: RunID) throws -> RunSummary? {
        try database.row("SELECT * FROM runs WHERE id = ?", [id])
            .map(Self.summary)
    }

    /// How many there are.
    func count() throws -> Int { try database.value("SELECT COUNT(*) FROM runs") ?? 0 }

    /// The run this trigger made, or `nil`.
    func run(of trigger: MessageID) throws -> RunID? {
        try database.value("SELECT id FROM runs WHERE trigger = ?", [trigger])
    }

    /// Runs that wait for their source since before a moment, those first that do longest.
    func withoutSource(before moment: Timestamp, limit: Int) throws -> [RunSummary] {
        try database.rows(
            "SELECT * FROM runs WHERE state = 'pending' AND sha IS NULL AND createdAt < ? ORDER BY serial LIMIT ?",
            [moment, limit]
        ).map(Self.summary)
    }

    /// The last pushes of a ref that a hook told of, the last one first.
    func pushes(of repository: RepositoryPath, ref: String, limit: Int) throws -> [PushOrder.Push] {
        let rows = try database.rows(
            """
            SELECT runs.ref, runs.event, runs.sha, runDetails.trigger FROM runs
            JOIN runDetails ON runDetails.run = runs.id
            WHERE runs.repository = ? AND runs.sha IS NOT NULL ORDER BY runs.serial DESC LIMIT ?
            """, [repository, limit])
        return try rows.compactMap { row in
            guard try row["ref"] as String == ref, try row["event"] as String == Event.push.rawValue,
                let trigger: Trigger = try row.json("trigger"), trigger.run == nil
            else { return nil }
            return PushOrder.Push(before: trigger.before, after: try row["sha"])
        }
    }

    /// The place of the run among all, which grows with every new one.
    func serial(_ id: RunID) throws -> Int64? {
        try database.value("SELECT serial FROM runs WHERE id = ?", [id])
    }

    func details(_ id: RunID) throws -> RunDetails? {
        try database.row("SELECT * FROM runDetails WHERE run = ?", [id]).map { row in
            guard let trigger: Trigger = try row.json("trigger") else {
                throw StoreError(.corrupt, "the run \(id) has no trigger")
            }
            return try RunDetails(
                trigger: trigger, given: row.json("given"), choice: row.json("choice"), changes: row.json("changes"),
                mirrorURL: row["mirrorURL"], progress: row.json("progress"))
        }
    }

    func insert(_ run: RunSummary, details: RunDetails) throws {
        let commit = run.commit
        try database.execute(
            """
            INSERT INTO runs (id, trigger, repository, number, state, reason, event, ref, branch, sender, byHand,
                madeUp, startedBy, sha, message, authorName, authorEmail, committedAt, createdAt, startedAt, finishedAt,
                createdAge)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, \(Self.age))
            """,
            [
                run.id, details.trigger.id, run.repository, run.number, run.state, run.reason, run.event, run.ref,
                run.branch, run.sender, run.byHand, run.madeUp, run.startedBy.map(JSONColumn.init), commit?.sha,
                commit?.message, commit?.authorName, commit?.authorEmail, commit?.committedAt, run.createdAt,
                run.startedAt,
                run.finishedAt,
            ])
        try database.execute(
            """
            INSERT INTO runDetails (run, trigger, given, choice, changes, mirrorURL, progress)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            [
                run.id, JSONColumn(details.trigger), details.given.map(JSONColumn.init),
                details.choice.map(JSONColumn.init), details.changes.map(JSONColumn.init), details.mirrorURL,
                details.progress.map(JSONColumn.init),
            ])
        try noteUse(of: details.choice, by: run.id)
        try noteReference(to: details.given?.digest, by: run.id)
    }

    /// How far time has surely come.
    private static let age = "(SELECT at FROM clocks WHERE name = 'age')"

    /// Writes what of a run changes after it was made.
    func update(_ run: RunSummary) throws {
        try database.execute(
            """
            UPDATE runs SET state = ?, reason = ?, event = ?, ref = ?, branch = ?, sha = ?, message = ?,
                authorName = ?, authorEmail = ?, committedAt = ?, startedAt = ?, finishedAt = ?,
                cancelledBy = ?\(run.state.isFinal ? ", endedAge = COALESCE(endedAge, \(Self.age))" : "") WHERE id = ?
            """,
            [
                run.state, run.reason, run.event, run.ref, run.branch, run.commit?.sha, run.commit?.message,
                run.commit?.authorName, run.commit?.authorEmail, run.commit?.committedAt, run.startedAt,
                run.finishedAt, run.cancelledBy.map(JSONColumn.init), run.id,
            ])
    }

    func update(_ details: RunDetails, of run: RunID) throws {
        try database.execute(
            "UPDATE runDetails SET trigger = ?, choice = ?, changes = ?, mirrorURL = ?, progress = ? WHERE run = ?",
            [
                JSONColumn(details.trigger), details.choice.map(JSONColumn.init),
                details.changes.map(JSONColumn.init), details.mirrorURL, details.progress.map(JSONColumn.init), run,
            ])
        try noteUse(of: details.choice, by: run)
    }

    func update(progress: RunProgress, of run: RunID) throws {
        try database.execute("UPDATE runDetails SET progress = ? WHERE run = ?", [JSONColumn(progress), run])
    }

    func update(mirrorURL: String, of run: RunID) throws {
        try database.execute("UPDATE runDetails SET mirrorURL = ? WHERE run = ?", [mirrorURL, run])
    }

    func update(choice: ChoiceView, of run: RunID) throws {
        try database.execute("UPDATE runDetails SET choice = ? WHERE run = ?", [JSONColumn(choice), run])
        try noteUse(of: choice, by: run)
    }

    /// That the process ran in the run's repository: whoever sees that sees it.
    private func noteUse(of choice: ChoiceView?, by run: RunID) throws {
        guard let digest = choice?.digest, !digest.isEmpty else { return }
        try database.execute(
            """
            INSERT INTO processUses (digest, repository) SELECT ?, repository FROM runs WHERE id = ? ON CONFLICT DO NOTHING
            """, [digest, run])
        try noteReference(to: digest, by: run)
    }

    /// That the run needs the process: it is kept as long as the run is.
    private func noteReference(to digest: String?, by run: RunID) throws {
        guard let digest, !digest.isEmpty else { return }
        try database.execute(
            """
            INSERT INTO processRuns (digest, repository, run) SELECT ?, repository, id FROM runs WHERE id = ?
            ON CONFLICT DO NOTHING
            """, [digest, run])
    }

    /// The next number of the repository's runs. One that the database knows nothing of may have had some before it was put
    /// back from a backup.
    func nextNumber(of repository: RepositoryPath) throws -> Int {
        try database.value(
            """
            INSERT INTO runNumbers (repository, last)
                VALUES (?, 1 + COALESCE((SELECT MAX(unknownLast) FROM restores), 0))
            ON CONFLICT (repository) DO UPDATE SET last = runNumbers.last + 1 RETURNING last
            """, [repository]) ?? 1
    }

    /// How many runs of a repository, or of all, wait or run.
    /// - Parameters:
    ///   - serial: only those that were there before the run of this place.
    ///   - limit: no more are counted.
    func countOpen(of repository: RepositoryPath?, before serial: Int64 = .max, limit: Int) throws -> Int {
        let (condition, values): (String, [RepositoryPath]) =
            repository.map { ("repository = ? AND ", [$0]) } ?? ("", [])
        var count = 0
        for state in [RunState.pending, .running] {
            let found: Int? = try database.value(
                "SELECT COUNT(*) FROM (SELECT 1 FROM runs WHERE \(condition)state = ? AND serial < ? LIMIT ?) AS open",
                values + [state.rawValue, serial, limit - count])
            count += found ?? 0
        }
        return count
    }

    /// The run, whole but for how much log is stored of its steps.
    func view(_ id: RunID, quotas: Quotas = Quotas(), now: Timestamp = .now) throws -> RunView? {
        guard var summary = try summary(id) else { return nil }
        let jobs = try summary.state.isFinal ? [] : JobStore(database: database).all(of: id)
        let waits = summary.state.isFinal ? nil : try waits(of: jobs, of: summary.repository, quotas, now: now)
        let approvals = try approvals(of: jobs)
        summary.reason = summary.reason ?? waits?.ofRun(summary.state)
        let choice: ChoiceView? = try database.row("SELECT choice FROM runDetails WHERE run = ?", [id])?.json("choice")
        let steps = Dictionary(grouping: try self.steps(of: id), by: \.stage)
        return RunView(
            summary: summary, choice: choice,
            stages: try stages(of: id).map { stage in
                StageView(
                    name: stage.name, state: stage.state, reason: stage.reason, dependsOn: stage.dependsOn,
                    steps: (steps[stage.position] ?? []).map { step in
                        var view = step.view
                        view.reason = view.reason ?? waits?.of(step)
                        view.approval = approvals.first { $0.job.has(step) }?.approval
                        // What failed in a stage that did well failed nothing.
                        let isIgnored = step.ignoresFailure || stage.state == .success
                        view.ignored = step.state == .failure && isIgnored ? true : nil
                        return view
                    })
            })
    }

    private func waits(
        of jobs: [Job], of repository: RepositoryPath, _ quotas: Quotas, now: Timestamp
    ) throws -> WaitingReasons {
        var waits = WaitingReasons(jobs: jobs)
        if waits.jobs.contains(where: { $0.lease.state == .queued }) {
            waits.workers = try WorkerStore(database: database).heard(at: now)
            let store = JobStore(database: database)
            waits.underWay = try store.underWay()
            waits.quota = try quotas.wait(of: repository) { try store.count(.atWork, of: $0, limit: $1) }
        }
        return waits
    }

    /// Whom rollouts wait for.
    private func approvals(of jobs: [Job]) throws -> [(job: Job, approval: ApprovalView)] {
        let environments = EnvironmentStore(database: database)
        return try jobs.compactMap { job in
            guard job.lease.state == .waiting, let environment = try job.environment.flatMap(environments.find)
            else { return nil }
            let approval = ApprovalView(
                environment: environment.name, needed: job.approvals ?? environment.rules.approvals,
                approvers: environment.rules.approvers,
                given: try environments.standingVerdicts(of: job, by: Approvers(environment.rules.approvers))
                    .filter { $0.approves && environment.mayApprove($0) },
                until: job.approvals == nil ? job.opensAt : nil)
            return (job, approval)
        }
    }

    static func summary(_ row: Row) throws -> RunSummary {
        let sha: String? = try row["sha"]
        return try RunSummary(
            id: row["id"], repository: row["repository"], number: row["number"], state: row["state"],
            reason: row["reason"], event: row["event"], ref: row["ref"], branch: row["branch"],
            commit: sha.map {
                try Commit(
                    sha: $0, message: row["message"] ?? "", authorName: row["authorName"] ?? "",
                    authorEmail: row["authorEmail"] ?? "", committedAt: row["committedAt"] ?? Timestamp(milliseconds: 0)
                )
            }, sender: row["sender"], byHand: row["byHand"], madeUp: row["madeUp"], startedBy: row.json("startedBy"),
            cancelledBy: row.json("cancelledBy"), createdAt: row["createdAt"], startedAt: row["startedAt"],
            finishedAt: row["finishedAt"])
    }
}

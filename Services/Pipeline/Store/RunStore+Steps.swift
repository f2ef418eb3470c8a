import Contracts
import Storage

extension RunStore {
    func stages(of run: RunID) throws -> [StageRecord] {
        try database.rows("SELECT * FROM stages WHERE run = ? ORDER BY position", [run]).map { row in
            try StageRecord(
                run: run, position: row["position"], name: row["name"], state: row["state"], reason: row["reason"],
                dependsOn: row.json("dependsOn") ?? [], deadline: row["deadline"])
        }
    }

    func save(_ stage: StageRecord) throws {
        try database.execute(
            """
            INSERT INTO stages (run, position, name, state, reason, dependsOn, deadline) VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (run, position) DO UPDATE SET state = excluded.state, reason = excluded.reason,
                deadline = excluded.deadline
            """,
            [
                stage.run, stage.position, stage.name, stage.state, stage.reason, JSONColumn(stage.dependsOn),
                stage.deadline,
            ])
    }

    /// Ends the stages and steps of a run that cannot be planned any more.
    func closeParts(of run: RunID, reason: String, now: Timestamp) throws {
        let ended = "CASE state WHEN 'running' THEN 'failure' ELSE 'skipped' END"
        let isOpen = "state NOT IN ('success', 'failure', 'cancelled', 'skipped')"
        try database.execute(
            "UPDATE steps SET finishedAt = ? WHERE run = ? AND startedAt IS NOT NULL AND \(isOpen)", [now, run])
        try database.execute(
            "UPDATE steps SET state = \(ended), reason = ? WHERE run = ? AND \(isOpen)", [reason, run])
        try database.execute(
            "UPDATE stages SET state = \(ended), reason = ?, deadline = NULL WHERE run = ? AND \(isOpen)",
            [reason, run])
    }

    /// What of a run's details this version can read; `nil` where that is not even what led to the run.
    func readableDetails(_ id: RunID) throws -> RunDetails? {
        guard let row = try database.row("SELECT trigger, choice FROM runDetails WHERE run = ?", [id]) else {
            return nil
        }
        func read<Value: Codable>(_ column: String, as type: Value.Type) -> Value? {
            do {
                return try row.json(column, as: type)
            } catch {
                return nil
            }
        }
        return read("trigger", as: Trigger.self).map {
            RunDetails(trigger: $0, choice: read("choice", as: ChoiceView.self))
        }
    }

    /// Runs under way whose source is there, in the order in which they were made.
    func planned(after serial: Int64, limit: Int) throws -> [(id: RunID, serial: Int64)] {
        var found: [(id: RunID, serial: Int64)] = []
        for state in [RunState.pending, .running] {
            found += try database.rows(
                "SELECT id, serial FROM runs WHERE state = ? AND serial > ? AND sha IS NOT NULL ORDER BY serial LIMIT ?",
                [state, serial, limit]
            ).map { (id: try $0["id"], serial: try $0["serial"]) }
        }
        return Array(found.sorted { $0.serial < $1.serial }.prefix(limit))
    }

    /// Whether some stage is under way that may take only so long.
    func isCounting() throws -> Bool {
        try database.value(
            "SELECT EXISTS (SELECT 1 FROM stages WHERE state = 'running' AND deadline IS NOT NULL)") ?? false
    }

    /// Stages that have taken too long.
    func overdueStages(now: HeardTime) throws -> [(run: RunID, name: String)] {
        try database.rows(
            "SELECT run, name FROM stages WHERE state = 'running' AND deadline IS NOT NULL AND deadline <= ?", [now]
        ).map { (try $0["run"], try $0["name"]) }
    }

    func steps(of run: RunID) throws -> [StepRecord] {
        try database.rows("SELECT * FROM steps WHERE run = ? ORDER BY id", [run]).map(Self.step)
    }

    static let dropped = Migration(
        "2026-11 dropped outputs",
        sql: """
            -- What a step did not hand on since it holds a secret: by name what is in it.
            ALTER TABLE steps ADD COLUMN dropped TEXT;
            """)

    func step(_ id: Int, of run: RunID) throws -> StepRecord? {
        try database.row("SELECT * FROM steps WHERE run = ? AND id = ?", [run, id])
            .map(Self.step)
    }

    func step(_ name: String, stage: Int, of run: RunID) throws -> StepRecord? {
        try database.row("SELECT * FROM steps WHERE run = ? AND stage = ? AND name = ?", [run, stage, name]).map(
            Self.step)
    }

    func save(_ step: StepRecord) throws {
        try database.execute(
            """
            INSERT INTO steps (run, id, stage, name, kind, state, reason, ignoresFailure, exitCode, job, attempt,
                outputs, dropped, logBytes, startedAt, finishedAt)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (run, id) DO UPDATE SET state = excluded.state, reason = excluded.reason,
                ignoresFailure = excluded.ignoresFailure, exitCode = excluded.exitCode, job = excluded.job,
                attempt = excluded.attempt, outputs = excluded.outputs, dropped = excluded.dropped,
                logBytes = excluded.logBytes, startedAt = excluded.startedAt, finishedAt = excluded.finishedAt
            """,
            [
                step.run, step.id, step.stage, step.name, step.kind, step.state, step.reason, step.ignoresFailure,
                step.exitCode, step.job, step.attempt, step.outputs.isEmpty ? nil : JSONColumn(step.outputs),
                step.dropped.isEmpty ? nil : JSONColumn(step.dropped), step.logBytes, step.startedAt, step.finishedAt,
            ])
    }

    private static func step(_ row: Row) throws -> StepRecord {
        try StepRecord(
            run: row["run"], id: row["id"], stage: row["stage"], name: row["name"], kind: row["kind"],
            state: row["state"], reason: row["reason"], ignoresFailure: row["ignoresFailure"],
            exitCode: row["exitCode"], job: row["job"], attempt: row["attempt"],
            outputs: row.json("outputs") ?? [:], dropped: row.json("dropped") ?? [:], logBytes: row["logBytes"],
            startedAt: row["startedAt"], finishedAt: row["finishedAt"])
    }
}

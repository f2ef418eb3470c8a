import Contracts
import FoundationEssentials
import Messaging
import Storage
import TestSupport
import Testing

@testable import Pipeline

/// What versions of the platform do to each other that use one database after another.
@Suite struct VersionTests {
    /// A document that no version of before has written stands for one that only they can read.
    @Test func `A run whose plan does not fit ends with that, its worker is told, and others go on`() async throws {
        for broken in [
            "UPDATE runDetails SET progress = '{}' WHERE run = ?",
            "UPDATE processes SET document = '{\"stages\": 7}' WHERE ?1 <> ''",
        ] {
            try await PlatformFixture.with { platform in
                try await platform.push(Samples.single, trigger: "t1", message: "m1")
                let run = try #require(try await platform.runs().first)
                let job = try #require(try await platform.jobs(of: run.id).first)
                guard case .granted = try await platform.claim(job.id) else { throw TestFailure("not granted") }
                try await platform.started("test", job)
                _ = try await platform.store.write { try $0.database.execute(broken, [run.id]) }
                // As at the start of another version.
                let engine = RunEngine(
                    store: platform.store, configuration: platform.engine.configuration,
                    logger: platform.engine.logger)
                var serial: Int64? = 0
                while let last = serial { serial = try await engine.endUnreadable(after: last) }

                let view = try #require(try await platform.reader.view(run.id))
                #expect(view.summary.state == .failure && view.summary.finishedAt != nil)
                let reason = view.summary.reason ?? ""
                #expect(reason.hasPrefix("Slipway was updated and cannot go on with this run: "), "\(reason)")
                #expect(reason.hasSuffix("; run it again"))
                let steps = view.stages.flatMap(\.steps)
                #expect(view.stages.filter { !$0.state.isFinal }.isEmpty && steps.filter { !$0.state.isFinal }.isEmpty)
                #expect(steps.first { $0.name == "test" }?.state == .failure)
                #expect(try await platform.jobs(of: run.id).filter { !$0.lease.state.isFinal }.isEmpty)
                let sent = try await platform.sent()
                #expect(sent.contains { $0.type == JobCancelled.type && $0.body.contains(job.id.rawValue) })
                #expect(sent.contains { $0.type.hasPrefix("dev.cdevents.pipelinerun.finished") })
                // What its worker still says is of no run.
                try await platform.ended(job, .success, steps: [])
                let again = try #require(try await platform.reader.view(run.id))
                #expect(again.summary == view.summary)
            }
        }
    }

    @Test func `What of the outbox cannot be read is shown as parked, and sent by a version that can`() async throws {
        try await PlatformFixture.with { platform in
            let (letters, principal) = (platform.operations.deadLetters, platform.principal)
            let stage = Principal.otherStage
            let message = try PreparedMessage(JobsWaiting(scope: WorkerScope()))
            try await letters.setAside(
                UnreadableMessage(sequence: 7, text: #"{"id": "m7"}"#, reason: "“body” is missing"), as: stage)
            try await letters.setAside(
                UnreadableMessage(
                    sequence: 8, text: String(decoding: try Wire.encode(message), as: UTF8.self), reason: "new"),
                as: stage)
            let shown = try await letters.list(limit: 10, as: principal).items
            #expect(shown.map(\.id.rawValue) == ["outbox.8", "outbox.7"])
            for letter in shown {
                #expect(letter.queue == "outbox" && letter.reason.contains("each start tries again"))
            }
            let error = await #expect(throws: OperationError.self) {
                try await letters.retry(MessageID(rawValue: "outbox.7"), as: principal)
            }
            #expect(error?.problem.code == "unreadable")
            try await letters.sendReadable(as: stage)
            #expect(try await platform.sent().contains { $0.id == message.id })
            #expect(try await letters.list(limit: 10, as: principal).items.map(\.id.rawValue) == ["outbox.7"])
        }
    }

    /// A program of before uses the database, so what it knows has to stay, and what it does not know must not be missed
    /// by the rows that it writes.
    @Test(.enabled(if: !TestDatabase.isPostgreSQL))
    func `Steps of the schema that are not needed only add`() async throws {
        let names = Schema.migrations.map(\.name)
        let first = try #require(names.firstIndex(of: WorkerStore.drains.name))
        try await withTemporaryDirectory { folder in
            for count in first..<names.count {
                let path = "\(folder)/\(count).sqlite"
                let before = try Store.open(at: path, migrations: Array(Schema.migrations[...count]))
                let old = try await Self.columns(before)
                try await before.close()
                guard count + 1 < names.count else { continue }
                let step = Schema.migrations[count + 1]
                let after = try Store.open(at: path, migrations: Array(Schema.migrations[...(count + 1)]))
                let new = try await Self.columns(after)
                try await after.close()
                guard !step.isNeeded else { continue }
                for (table, columns) in old {
                    let now = new[table] ?? [:]
                    for (name, column) in columns {
                        #expect(now[name] == column, "“\(step.name)” changes \(table).\(name): say that it is needed")
                    }
                    for (name, column) in now where columns[name] == nil {
                        #expect(column.mayBeLeftOut, "“\(step.name)” adds \(table).\(name) without a default")
                    }
                }
            }
        }
    }

    private struct Column: Equatable, Sendable {
        var type: String
        var isNeeded: Bool
        var hasDefault: Bool
        var mayBeLeftOut: Bool { !isNeeded || hasDefault }
    }

    private static func columns(_ store: Store) async throws -> [String: [String: Column]] {
        let tables = try await store.tables().map(\.name)
        return try await store.read { database in
            var found: [String: [String: Column]] = [:]
            for table in tables {
                let rows = try database.rows(
                    "SELECT name, type, \"notnull\" AS strict, dflt_value AS usual FROM pragma_table_info(?)", [table])
                for row in rows {
                    let usual: String? = try row["usual"]
                    found[table, default: [:]][try row["name"]] = Column(
                        type: try row["type"], isNeeded: try row["strict"], hasDefault: usual != nil)
                }
            }
            return found
        }
    }
}

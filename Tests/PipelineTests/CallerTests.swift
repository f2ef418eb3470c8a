import Contracts
import FoundationEssentials
import Messaging
import Storage
import TestSupport
import Testing

@testable import Pipeline

/// Runs, revisions and associations bear who did it.
@Suite struct CallerTests {
    private let test = Caller(account: "test", token: "test")

    @Test func `A run bears who started it, who ran it again and who cancelled it`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(Samples.single)
            let pushed = try #require(try await platform.runs().first)
            #expect(pushed.startedBy == nil && pushed.cancelledBy == nil)

            let ci = try await platform.principal("ci", .developer, in: "shop/*")
            let rerun = try await platform.operations.runs.rerun(pushed.id, as: ci).summary
            #expect(rerun.startedBy == Caller(account: "ci", token: "ci") && rerun.byHand == true)
            let started = try await platform.start(RunRequest(repository: PlatformFixture.path)).summary
            #expect(started.startedBy == test && started.sender == nil)
            // Waiting for its source, and at work: both tell.
            #expect(try await platform.operations.runs.cancel(started.id, as: ci).summary.cancelledBy?.account == "ci")
            let cancelled = try await platform.cancel(pushed.id).summary
            #expect(cancelled.cancelledBy == test && cancelled.reason == "cancelled by test")
            // As lists have it, and once more by somebody else it stays as it is.
            _ = try await platform.operations.runs.cancel(pushed.id, as: ci)
            #expect(try await platform.runs().map(\.cancelledBy?.account) == ["ci", nil, "test"])
            #expect(try await platform.runs().map(\.startedBy?.account) == ["test", "ci", nil])
        }
    }

    @Test func `Events and variables name the account`() async throws {
        try await PlatformFixture.with { platform in
            let run = try await platform.start(RunRequest(repository: PlatformFixture.path)).summary
            try await platform.push(Samples.single, trigger: "t9", run: run.id)
            let job = try #require(try await platform.jobs(of: run.id).first)
            guard case .granted(let grant) = try await platform.claim(job.id) else {
                Issue.record("it was not granted")
                return
            }
            #expect(grant.environment["DRONE_BUILD_TRIGGER"] == "test")
            #expect(grant.environment["DRONE_COMMIT_AUTHOR"] == "Ada")
            _ = try await platform.cancel(run.id)
            try await platform.ended(job, .cancelled)
            let events = try await platform.sent().filter { $0.routingKey == "dev.cdevents.pipelinerun.finished" }
            let event = try Wire.decode(JSONValue.self, from: Data(#require(events.last).body.utf8))
            let custom = try #require(event["data"]?["customData"])
            #expect(custom["startedBy"] == "test" && custom["cancelledBy"] == "test")
        }
    }

    @Test func `A revision bears who saved it, and a repository who associated components`() async throws {
        try await PlatformFixture.with { platform in
            #expect(try await platform.save(RightsScene.document, as: "web").view.savedBy == test)
            let ci = try await platform.principal("ci", .maintainer, in: "**")
            // What changes nothing is nobody's revision.
            let same = try await platform.operations.components.save(RightsScene.document, as: "web", by: ci).view
            #expect(same.revision == 1 && same.savedBy == test)
            let other: JSONValue = [["step": "compile", "commands": ["make all"]]]
            let next = try await platform.operations.components.save(other, as: "web", by: ci).view
            #expect(next.revision == 2 && next.savedBy?.account == "ci")
            #expect(try await platform.operations.components.view("web", as: ci).savedBy?.account == "ci")

            let repositories = platform.operations.repositories
            #expect(try await repositories.view(PlatformFixture.path, as: ci).associatedBy == nil)
            try await repositories.associate(
                [AssociationView(component: "web", events: [], branches: [])], with: PlatformFixture.path, as: ci)
            #expect(try await repositories.view(PlatformFixture.path, as: ci).associatedBy?.account == "ci")
            // Registering it anew says nothing of its components.
            _ = try await repositories.save(
                RepositoryRequest(cloneURL: "https://git.example/shop/web.git"), as: PlatformFixture.path,
                by: platform.principal)
            #expect(try await repositories.view(PlatformFixture.path, as: ci).associatedBy?.account == "ci")
        }
    }

    @Test func `What was done before that was kept is nobody's`() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("callers-\(RunID.make())").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let place = try await TestDatabase.make(in: folder)
        let before = try await place.open(Array(Schema.migrations.prefix { $0.name != RunStore.callers.name }))
        try await before.write { database in
            try database.run(
                script: """
                    INSERT INTO runs (id, trigger, repository, number, state, event, ref, byHand, createdAt)
                        VALUES ('r', 't', 'shop/web', 1, 'success', 'push', 'refs/heads/main', 1, 0);
                    INSERT INTO processes (digest, document, createdAt) VALUES ('sha256:1', '[]', 0);
                    INSERT INTO components (name, revision, updatedAt) VALUES ('web', 1, 0);
                    INSERT INTO componentRevisions (component, revision, digest, document, createdAt)
                        VALUES ('web', 1, 'sha256:1', '[]', 0);
                    INSERT INTO accounts (name, kind, createdAt) VALUES ('first', 'service', 0);
                    INSERT INTO grants (holder, scope, role, grantedBy, grantedAt)
                        VALUES ('first', '**', 'administrator', 'the platform', 5), ('anna', '**', 'viewer', 'first', 6);
                    """)
        }
        try await before.close()
        let store = PipelineStore(store: try await place.open(Schema.migrations))
        let run = try await store.read { try $0.runs.list().items.first }
        #expect(run?.byHand == true && run?.startedBy == nil && run?.cancelledBy == nil)
        #expect(try await store.read { try $0.components.find("web") }?.savedBy == nil)
        // Which roles the upgrade to accounts gave is told afterwards.
        let entries = try await store.read { try $0.audits.page(AuditQuery(), limit: 9).items }
        #expect(entries.map(\.subject) == ["first"] && entries.first?.operation == "role.upgrade")
        #expect(entries.first?.at == Timestamp(milliseconds: 5))
        #expect(entries.first?.after == ["role": "administrator", "scope": "**"])
        try await store.store.close()
        try await place.remove()
    }
}

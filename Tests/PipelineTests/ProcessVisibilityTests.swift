import Contracts
import Foundation
import Storage
import TestSupport
import Testing

@testable import Pipeline

/// Whoever knows a process' digest sees it where it is a component's, or ran in a repository that they see.
@Suite struct ProcessVisibilityTests {
    @Test func `A process is there for whoever sees a repository where it ran`() async throws {
        try await PlatformFixture.with { platform in
            let hidden = RepositoryPath(rawValue: "finance/pay")
            try await platform.register(hidden)
            try await platform.push(Samples.single, repository: hidden)
            let run = try await platform.runs()[0].id
            let digest = try #require(try await platform.reader.view(run)?.choice?.digest)
            let dev = try await platform.principal("dev", .maintainer, in: "shop/*")
            let operations = platform.operations.components
            let found = await #expect(throws: OperationError.self) {
                try await operations.process(digest, as: dev)
            }
            let absent = await #expect(throws: OperationError.self) { try await operations.process("none", as: dev) }
            #expect(found?.description.replacing(digest, with: "none") == absent?.description)
            _ = try await operations.process(digest, as: platform.principal)
            // The same content is everybody's who runs it.
            try await platform.push(Samples.single, trigger: "t2", message: "m2")
            _ = try await operations.process(digest, as: dev)
        }
    }

    @Test func `What ran before an upgrade is there for the same`() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("uses-\(RunID.make())").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let place = try await TestDatabase.make(in: folder)
        let before = try await place.open(Array(Schema.migrations.prefix { $0.name != ComponentStore.uses.name }))
        try await before.write { database in
            try database.run(
                script: """
                    INSERT INTO processes (digest, document, createdAt) VALUES ('one', '[1]', 0), ('two', '[2]', 0);
                    INSERT INTO runs (id, trigger, repository, number, state, event, ref, createdAt)
                        VALUES ('r', 't', 'shop/web', 1, 'success', 'push', 'refs/heads/main', 0);
                    INSERT INTO runDetails (run, trigger, choice)
                        VALUES ('r', '{}', '{"source": "file", "digest": "one", "trace": []}');
                    """)
        }
        try await before.close()
        let store = PipelineStore(store: try await place.open(Schema.migrations))
        for (scope, digest, document) in [
            ("shop/*", "one", "[1]"), ("other/*", "one", nil), ("shop/*", "two", nil), ("**", "one", "[1]"),
        ] {
            let visibility = Visibility([try #require(RepositoryScope(scope))])
            let found = try await store.read { try $0.components.process(digest, seenBy: visibility) }
            #expect(found == document, "\(scope) \(digest)")
        }
        try await store.store.close()
        try await place.remove()
    }
}

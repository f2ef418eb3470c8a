import Contracts
import Messaging
import Storage
import TestSupport
import Testing

@testable import Pipeline

@Suite struct PipelineStoreTests {
    @Test func `Who signed in with a token is signed out when it is replaced or revoked, and nobody else`() async throws
    {
        try await PlatformFixture.with { platform in
            let access = platform.operations.access
            try await platform.store.write { transaction in
                try transaction.addToken("slp_a", name: "a")
                try transaction.addToken("slp_b", name: "b")
            }
            let (a, b) = (
                try await platform.operations.signIn(token: "slp_a"),
                try await platform.operations.signIn(token: "slp_b")
            )
            try await platform.store.write { try $0.addToken("slp_c", name: "a") }
            await #expect(throws: OperationError.self) { try await access.principal(token: "slp_a") }
            await #expect(throws: OperationError.self) { try await access.principal(session: a) }
            _ = try await access.principal(session: b)
            _ = try await platform.store.write { try $0.access.removeToken("b") }
            await #expect(throws: OperationError.self) { try await access.principal(session: b) }
            _ = try await access.principal(token: "slp_c")
            #expect(try await platform.store.read { try $0.access.tokens().map(\.name) } == ["a", "test"])
        }
    }

    struct Killed: Error {}

    @Test func `What is cut off in the middle of a transaction is as if it never came, and works when it comes again`()
        async throws
    {
        try await PlatformFixture.with { platform in
            let id = MessageID(rawValue: "m")
            await #expect(throws: Killed.self) {
                _ = try await platform.store.write(once: id) { transaction in
                    try transaction.addToken("t", name: "n")
                    try transaction.send(RepositoryLookup(repository: PlatformFixture.path), run: nil)
                    throw Killed()
                }
            }
            let sent = try await platform.sent()
            #expect(sent.isEmpty)
            for isFirst in [true, false] {
                let done: Bool? = try await platform.store.write(once: id) { transaction in
                    try transaction.send(RepositoryLookup(repository: PlatformFixture.path), run: nil)
                    return true
                }
                #expect((done == true) == isFirst)
            }
            let now = try await platform.sent()
            #expect(now.count == 1)
        }
    }

    @Test func `What was committed is there in the next life, with what is still to be sent`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(Samples.delivery)
            let run = try #require(try await platform.runs().first)
            let build = try #require(try await platform.jobs(of: run.id).first)
            _ = try await platform.claim(build.id)
            try await platform.finished("compile", build)

            try await platform.store.store.close()
            let again = PipelineStore(store: try await platform.database.open(Schema.migrations))
            let engine = RunEngine(
                store: again, configuration: platform.engine.configuration, logger: platform.engine.logger)
            let jobs = JobOperations(
                engine: engine,
                intake: LogIntake(
                    store: again, logs: platform.logs, limit: Quotas().longestLog, logger: platform.engine.logger))
            for step in ["compile", "image"] {
                try await StepFinishedHandler(jobs: jobs).handle(
                    StepFinished(
                        job: build.id, run: run.id, attempt: 1, report: StepReport(step: step, outcome: .success),
                        token: platform.token(build.id)),
                    .init(id: .make()))
            }
            let planned = try await again.read { try $0.jobs.all(of: run.id) }
            #expect(planned.map(\.kind) == [.build, .rollout])
            let types = try await again.read { [outbox = again.outbox] in
                try outbox.rows(in: $0.database).map(\.message.type)
            }
            #expect(types.filter { $0.hasSuffix("Requested") } == ["BuildRequested", "RolloutRequested"])
            try await again.store.close()
        }
    }

}

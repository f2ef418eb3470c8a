import Contracts
import Testing

@testable import Pipeline

/// Forges send hooks in any order, and fetches are tried again: what a branch has last stays.
@Suite struct PushOrderTests {
    typealias Push = PushOrder.Push

    @Test func `A push that arrives after those that went on from it is overtaken by the last of them`() {
        // As they arrived, the last one first.
        let order = PushOrder([
            Push(before: "c", after: "d"), Push(before: "b", after: "c"), Push(before: nil, after: "x"),
        ])
        #expect(order.overtaker(of: "b", before: "a") == "d")
        #expect(order.overtaker(of: "b", before: nil) == "d")
        #expect(order.overtaker(of: "c", before: "b") == "d")
        #expect(order.overtaker(of: "d", before: "c") == nil)
        #expect(order.overtaker(of: "e", before: "d") == nil)
        #expect(order.overtaker(of: "x", before: nil) == nil)
    }

    @Test func `One that goes back is the newest`() {
        let order = PushOrder([
            Push(before: "b", after: "c"), Push(before: "a", after: "b"), Push(before: nil, after: "a"),
        ])
        #expect(order.overtaker(of: "a", before: "c") == nil)
        #expect(order.overtaker(of: "a", before: "b") == nil)
        #expect(order.overtaker(of: "a", before: nil) == "c")
        #expect(order.overtaker(of: "a", before: "z") == "c")
    }

    @Test func `A ref that went in a circle says nothing`() {
        let order = PushOrder([Push(before: "b", after: "a"), Push(before: "a", after: "b")])
        #expect(order.overtaker(of: "a", before: nil) == nil)
        #expect(order.overtaker(of: "b", before: "b") == nil)
        #expect(PushOrder([Push(before: "a", after: "a")]).overtaker(of: "a", before: nil) == nil)
    }

    private static let file = """
        steps:
          - name: test
            commands: ["true"]
          - name: deploy
            deploy: {image: "registry.example/app:1", environment: production, workload: deployment/web}
        """
    private static let (first, second) = (String(repeating: "1a", count: 20), String(repeating: "2b", count: 20))

    private func push(_ platform: PlatformFixture, _ before: String?, _ after: String) async throws -> RunSummary {
        let known = Set(try await platform.runs().map(\.id))
        let id = MessageID.make().rawValue
        try await platform.push(
            Self.file, trigger: "t\(id)", message: "m\(id)", before: before, sha: after)
        return try #require(try await platform.runs().first { !known.contains($0.id) })
    }

    private func build(_ platform: PlatformFixture, _ run: RunSummary) async throws {
        let job = try #require(try await platform.jobs(of: run.id).first)
        _ = try await platform.claim(job.id)
        try await platform.finished("test", job)
        try await platform.ended(
            job, steps: [StepReport(step: "test", outcome: .success, startedAt: .now, finishedAt: .now)])
    }

    private func rollout(_ platform: PlatformFixture, _ run: RunSummary) async throws -> Job? {
        try await platform.jobs(of: run.id).first { $0.kind == .rollout }
    }

    @Test func `The rollout of a late push is superseded, and its build runs`() async throws {
        try await PlatformFixture.with { platform in
            let newer = try await push(platform, Self.first, Self.second)
            let older = try await push(platform, nil, Self.first)
            try await build(platform, newer)
            try await build(platform, older)
            #expect(try await rollout(platform, newer)?.lease.state == .queued)
            let late = try #require(try await rollout(platform, older))
            #expect(late.lease.state == .superseded)
            #expect(late.lease.reason?.hasPrefix("main had gone on to 2b2b2b2b before this push was told of") == true)
            let view = try #require(try await platform.reader.view(older.id))
            #expect(view.summary.state == .cancelled)
            #expect(view.stages.flatMap(\.steps).map(\.state).prefix(1) == [.success])
            // Somebody wants it all the same.
            let again = try await platform.operations.runs.rerun(older.id, as: platform.principal)
            #expect(try await platform.store.read { try $0.runs.details(again.summary.id)?.trigger.overtakenBy } == nil)
            // A push that goes back is the newest.
            let back = try await push(platform, Self.second, Self.first)
            try await build(platform, back)
            #expect(try await rollout(platform, back)?.lease.state != .superseded)
        }
    }
}

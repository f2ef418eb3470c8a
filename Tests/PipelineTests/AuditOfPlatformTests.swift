import Contracts
import FoundationEssentials
import Logging
import Messaging
import Secrets
import Storage
import Testing

@testable import Pipeline

/// What the platform does by itself, in the audit log.
@Suite struct AuditOfPlatformTests {
    private func entries(_ platform: PlatformFixture, _ event: AuditEvent) async throws -> [AuditView] {
        try await platform.store.read { try $0.audits.page(AuditQuery(operation: event.rawValue), limit: 200).items }
    }

    /// A rollout that a deployer has.
    private func rollout(_ platform: PlatformFixture, _ number: Int = 1) async throws -> Job {
        try await platform.push(RightsScene.deploy, trigger: "t\(number)", message: "m\(number)")
        let run = try #require(try await platform.runs().first)
        let job = try #require(try await platform.jobs(of: run.id).first)
        guard case .granted = try await platform.claim(job.id) else {
            Issue.record("it was not granted")
            return job
        }
        return job
    }

    @Test func `The end of a rollout has its outcome, the image and the revision, once`() async throws {
        try await PlatformFixture.with { platform in
            let job = try await rollout(platform)
            try await platform.started("deploy", job)
            #expect(try await entries(platform, .endRollout).isEmpty)
            try await platform.finished(
                "deploy", job, outputs: ["image": "registry.example/app@sha256:ab", "revision": "7"])
            for _ in 1...2 { try await platform.ended(job) }
            let ended = try #require(try await entries(platform, .endRollout).first)
            #expect(try await entries(platform, .endRollout).count == 1)
            #expect(ended.subject == "production" && ended.run == job.run && ended.origin == "w1")
            #expect(ended.repository == PlatformFixture.path && ended.account == "the platform")
            #expect(ended.after?["outcome"] == "success" && ended.after?["attempt"] == 1)
            #expect(ended.after?["image"] == "registry.example/app@sha256:ab" && ended.after?["revision"] == "7")
            #expect(ended.after?["workload"]?.string?.hasSuffix("deployment/web") == true)
        }
    }

    @Test func `A rollout that fails, is cancelled or whose deployer is lost ends, too`() async throws {
        try await PlatformFixture.with { platform in
            var job = try await rollout(platform)
            try await platform.ended(job, .failure, reason: "the image cannot be pulled")
            job = try await rollout(platform, 2)
            _ = try await platform.cancel(job.run)
            try await platform.ended(job, .cancelled)
            job = try await rollout(platform, 3)
            try await platform.pass()
            let ended = try await entries(platform, .endRollout)
            #expect(ended.map { $0.after?["outcome"] } == ["requeued", "cancelled", "failure"])
            #expect(ended.last?.after?["reason"] == "the image cannot be pulled")
            #expect(ended[1].after?["reason"] == "cancelled by test")
            // Each that began ended.
            #expect(try await entries(platform, .beginRollout).count == 3)
        }
    }

    @Test func `What sync is given of a repository's token is told once an hour`() async throws {
        try await PlatformFixture.with { platform in
            func ask() async throws {
                _ = try await platform.operations.repositories.access(
                    to: PlatformFixture.path, keys: platform.keys.keys(of: .platform), as: .otherStage)
            }
            try await ask()
            #expect(try await entries(platform, .useSecret).isEmpty)
            _ = try await platform.operations.repositories.save(
                RepositoryRequest(cloneURL: "https://git.example/shop/web.git", token: "hush"),
                as: PlatformFixture.path, by: platform.principal)
            for _ in 1...3 { try await ask() }
            let used = try await entries(platform, .useSecret)
            #expect(used.map(\.origin) == ["sync"] && used.first?.repository == PlatformFixture.path)
        }
    }

    @Test func `A key that the platform is started without is retired`() async throws {
        try await PlatformFixture.with { platform in
            func start(_ keys: String) async throws {
                try await KeyChanges(store: platform.store, keys: KeyRing(keys)).note()
            }
            let (old, new) = ("2025:\(PlatformFixture.key)", "2026:\(PlatformFixture.key)")
            for keys in [old, old, "\(new),\(old)", new, new] { try await start(keys) }
            #expect(try await entries(platform, .addKey).map(\.subject) == ["2026", "2025"])
            #expect(try await entries(platform, .retireKey).map(\.subject) == ["2025"])
            // Its own keys are nothing that it waits for.
            #expect(try await platform.operations.keys.all(as: platform.principal).allSatisfy { $0.holders.isEmpty })
        }
    }

    @Test func `The token of before that ends is revoked by the platform`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.store.write { transaction in
                try transaction.accounts.add(Account(name: "first", kind: .service, createdAt: transaction.now))
                try transaction.access.add(
                    Token(
                        name: "first", account: "first", createdAt: transaction.now,
                        expiresAt: transaction.now.adding(.seconds(60))), "slp_first")
            }
            let first = FirstToken(store: platform.store, in: platform.directory)
            for wait in [0, 61, 61] {
                try await first.watch(logger: Logger(label: "test"), now: Timestamp.now.adding(.seconds(wait)))
            }
            let query = AuditQuery(account: "the platform", operation: Operation.revokeOthersToken.rawValue)
            let entries = try await platform.store.read { try $0.audits.page(query, limit: 9).items }
            #expect(entries.map(\.subject) == ["first"] && entries.first?.via == "platform")
        }
    }
}

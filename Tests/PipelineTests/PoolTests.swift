import Contracts
import Messaging
import Testing

@testable import Pipeline

/// Whose jobs the builders of a pool do.
@Suite struct PoolTests {
    private static let big = """
        node: {pool: big}
        steps:
          - {name: train, image: alpine, commands: ["true"]}
        """

    private func origin(
        _ repository: String = "shop/web", _ ref: String = "refs/heads/main", _ event: Event = .push
    ) -> Pool.Origin {
        Pool.Origin(repository: RepositoryPath(rawValue: repository), ref: ref, event: event)
    }

    private func pools(_ rules: [String: PoolRules]) -> Pools {
        Pools(
            known: Dictionary(
                uniqueKeysWithValues: rules.map {
                    ($0, Pool(name: $0, rules: $1, updatedBy: "ada", updatedAt: Timestamp(milliseconds: 0)))
                }))
    }

    @Test func `The usual pool serves everybody until it has rules, others nobody`() {
        #expect(Pools().refusal(of: origin(), by: "default") == nil)
        #expect(Pools().refusal(of: origin("a/b", "refs/merge-requests/1/head", .pullRequest), by: "default") == nil)
        #expect(
            Pools().refusal(of: origin(), by: "big")
                == "nobody may use the builders of the pool “big” yet; somebody who may say who does gives it rules: "
                + "slipway pool set big --repo=shop/web")
    }

    @Test func `A pool serves the repositories, refs and events of its rules, and the reason names the way`() {
        let pools = pools([
            "big": PoolRules(repositories: ["shop/*"]),
            "main": PoolRules(repositories: ["**"], refs: ["refs/heads/main"]),
            "proposals": PoolRules(repositories: ["**"], events: [.pullRequest]),
        ])
        #expect(pools.refusal(of: origin("shop/web", "refs/heads/x"), by: "big") == nil)
        #expect(pools.refusal(of: origin("shop/web", "refs/tags/v1", .tag), by: "big") == nil)
        #expect(
            pools.refusal(of: origin("other/web"), by: "big")
                == "the builders of the pool “big” are not for the repository “other/web”, but for shop/*; to let it: "
                + "slipway pool set big --repo='shop/*' --repo=other/web")
        // What a stranger proposes is left out unless it is named.
        let proposal = origin("shop/web", "refs/merge-requests/1/head", .pullRequest)
        #expect(
            pools.refusal(of: proposal, by: "big")?.hasPrefix(
                "the builders of the pool “big” are not for the event “pull_request”, but for push, tag") == true)
        #expect(pools.refusal(of: origin("shop/web", "refs/heads/main", .pullRequest), by: "big") != nil)
        #expect(pools.refusal(of: proposal, by: "proposals") == nil)
        #expect(pools.refusal(of: origin(), by: "proposals") != nil)
        #expect(pools.refusal(of: origin("a/b", "refs/heads/mainly"), by: "main") != nil)
        #expect(pools.refusal(of: origin("a/b"), by: "main") == nil)
    }

    @Test func `A pipeline that names no pool gets the usual one, or one that serves it where that does not`() {
        #expect(Pools().choice(for: origin()) == "default")
        let others = ["b": PoolRules(repositories: ["shop/*"]), "a": PoolRules(repositories: ["other/*"])]
        #expect(pools(others).choice(for: origin()) == "default")
        let closed = pools(others.merging(["default": PoolRules(repositories: ["ops/*"])]) { $1 })
        #expect(closed.choice(for: origin()) == "b")
        #expect(closed.choice(for: origin("none/x")) == "default")
    }

    @Test func `A job for a pool that does not serve its repository ends with the command that lets it`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(Self.big)
            let run = try #require(try await platform.runs().first)
            #expect(run.state == .failure)
            #expect(run.reason?.contains("slipway pool set big --repo=shop/web") == true, "\(run.reason ?? "")")
            #expect(try await platform.sentWork().contains { $0.hasPrefix("BuildRequested") } == false)

            let pools = platform.operations.pools
            #expect(try await pools.save(PoolRules(repositories: ["shop/*"]), as: "big", by: platform.principal))
            try await platform.push(Self.big, trigger: "t2", message: "m2")
            #expect(try await platform.sentWork().last == "BuildRequested → slipway.build.big")
            guard case .granted = try await platform.ask(WorkerScope(pool: "big")) else {
                Issue.record("not granted")
                return
            }
        }
    }

    @Test func `What no builder has yet is looked at again when it is claimed`() async throws {
        try await PlatformFixture.with { platform in
            let pools = platform.operations.pools
            _ = try await pools.save(PoolRules(repositories: ["shop/*"]), as: "big", by: platform.principal)
            try await platform.push(Self.big)
            #expect(try await pools.save(PoolRules(repositories: ["x/*"]), as: "big", by: platform.principal) == false)
            guard case .refused = try await platform.ask(WorkerScope(pool: "big")) else {
                Issue.record("granted")
                return
            }
            let run = try #require(try await platform.runs().first)
            #expect(run.state == .failure && run.reason?.contains("are not for the repository “shop/web”") == true)
            try await pools.remove("big", as: platform.principal)
            await #expect(throws: OperationError.self) { try await pools.remove("big", as: platform.principal) }
        }
    }

    @Test func `Rules that cannot be meant are refused with what to write`() async throws {
        #expect(PoolOperations.problem(with: PoolRules(repositories: ["shop/*"], refs: ["refs/heads/*"])) == nil)
        #expect(PoolOperations.problem(with: PoolRules())?.contains("names none") == true)
        #expect(
            PoolOperations.problem(with: PoolRules(repositories: ["a/b"], refs: ["main"]))
                == "“main” is no ref: write refs/heads/main for a branch, refs/tags/main for a tag")
        try await PlatformFixture.with { platform in
            _ = await #expect(throws: OperationError.self) {
                try await platform.operations.pools.save(
                    PoolRules(repositories: ["a/b"]), as: "no pool", by: platform.principal)
            }
        }
    }
}

import Contracts
import Messaging
import Secrets
import Testing

@testable import Pipeline

/// Whose jobs the builders and deployers of a pool do.
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
                == "nobody may use the pool “big” yet; somebody who may say who does gives it rules: "
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
                == "the pool “big” is not for the repository “other/web”; to let it, name it beside those "
                + "it is for: slipway pool set big --repo=… --repo=other/web")
        // What a stranger proposes is left out unless it is named.
        let proposal = origin("shop/web", "refs/merge-requests/1/head", .pullRequest)
        #expect(
            pools.refusal(of: proposal, by: "big")?.hasPrefix(
                "the pool “big” is not for the event “pull_request”, but for push, tag") == true)
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
            #expect(run.state == .failure && run.reason?.contains("is not for the repository “shop/web”") == true)
            try await pools.remove("big", as: platform.principal)
            await #expect(throws: OperationError.self) { try await pools.remove("big", as: platform.principal) }
        }
    }

    // MARK: - Deployers

    private static let rollout = """
        steps:
          - name: deploy
            deploy: {image: "registry.example/app:1", environment: production, workload: deployment/web}
        """

    private static let payments = WorkerScope(pool: "payments", cluster: "default")

    @Test func `A rollout goes to the deployers of its environment's pool, and to no others`() async throws {
        try await PlatformFixture.with { platform in
            var rules = Samples.production.rules
            rules.pool = "payments"
            rules.clusters = ["default"]
            try await platform.save(rules, as: "production")
            try await platform.push(Self.rollout)
            let refused = try #require(try await platform.runs().first)
            #expect(refused.state == .failure)
            #expect(
                refused.reason?.contains("nobody may use the pool “payments” yet") == true, "\(refused.reason ?? "")")
            #expect(refused.reason?.contains("slipway pool set payments --repo=shop/web") == true)

            _ = try await platform.operations.pools.save(
                PoolRules(repositories: ["shop/*"]), as: "payments", by: platform.principal)
            try await platform.push(Self.rollout, trigger: "t2", message: "m2")
            let run = try #require(try await platform.runs().first)
            #expect(try await platform.sentWork().last == "RolloutRequested → slipway.deploy.payments.default")
            try await platform.announce("d1", WorkerScope(cluster: "default"))
            #expect(
                try await platform.reader.view(run.id)?.summary.reason
                    == "no deployer of the pool payments serves the cluster default; there are none")
            for other in [WorkerScope(cluster: "default"), WorkerScope(pool: "payments", cluster: "live")] {
                guard case .refused = try await platform.ask(other, worker: "d1") else {
                    Issue.record("\(other) is given it")
                    continue
                }
            }
            // Nor does a login of another pool's deployer, or of another cluster's, help.
            for login in ["slipway-deployer-default", "slipway-deployer-payments.live", "slipway-builder-payments"] {
                await #expect(throws: Problem.self) {
                    try await platform.ask(Self.payments, worker: "d2", login: login)
                }
            }
            guard
                case .granted(let grant) = try await platform.ask(
                    Self.payments, worker: "d2", login: "slipway-deployer-payments.default+payments.live")
            else {
                Issue.record("its own deployer is not given it")
                return
            }
            #expect(grant.run == run.id && grant.permit?.environment == "production")
        }
    }

    @Test func `A cluster of a pool is not the cluster of that name of another pool`() async throws {
        try await PlatformFixture.with { platform in
            _ = try await platform.operations.pools.save(
                PoolRules(repositories: ["**"]), as: "payments", by: platform.principal)
            var rules = Samples.production.rules
            rules.clusters = ["default"]
            try await platform.save(rules, as: "production")
            try await platform.push(Self.rollout)
            let first = try #require(try await platform.runs().first)
            rules.pool = "payments"
            try await platform.save(rules, as: "production")
            try await platform.push(Self.rollout, trigger: "t2", message: "m2")
            let second = try #require(try await platform.runs().first)
            func job(_ run: RunSummary) async throws -> Job? { try await platform.jobs(of: run.id).first }
            #expect(try await job(first)?.workload == "default/default/deployment/web")
            #expect(try await job(second)?.workload == "payments.default/default/deployment/web")
            #expect(try await job(second)?.scope == Self.payments)
            // What was offered to the deployers of the pool before goes nowhere.
            _ = try await platform.ask(WorkerScope(cluster: "default"), worker: "d1")
            #expect(
                try await job(first)?.lease.reason
                    == "the deployers of the environment “production” are now those of the pool “payments”, and no longer those "
                    + "of “default”; run it again")
            // Its deployers tell where that cluster's workloads are.
            let learning = JobClaim(
                worker: "d2", id: "c1", scope: Self.payments, namespace: "bank", cluster: nil,
                keys: platform.keys.keys(of: .platform))
            _ = try await platform.operations.jobs.claim(learning, by: "shared", as: .otherStage)
            let known = try await platform.store.read { tables in
                (try tables.clusters.find("default").namespace, try tables.clusters.find("payments.default").namespace)
            }
            #expect(known.0 == nil && known.1 == "bank")
        }
    }

    @Test func `A deployer's queue says its pool and its cluster`() {
        for scope in [WorkerScope(cluster: "east"), Self.payments, WorkerScope(pool: "a.b-c", cluster: "x-1")] {
            #expect(JobRouting.scope(queue: scope.queue, labels: []) == scope, "\(scope.queue)")
        }
        #expect(WorkerScope(cluster: "east").queue == "slipway.deploy.east")
        #expect(WorkerScope(pool: "payments", cluster: "east").queue == "slipway.deploy.payments.east")
        #expect(!WorkerScope(pool: "payments", cluster: "east").takes(WorkerScope(cluster: "east")))
        #expect(WorkerScope(pool: "gpu", labels: ["a"]).place == nil)
    }

    @Test func `Jobs that waited for a pool before pools had rules keep it`() async throws {
        try await PlatformFixture.with { platform in
            func rules() async throws -> [PoolView] { try await platform.operations.pools.all(as: platform.principal) }
            _ = try await platform.operations.pools.save(
                PoolRules(repositories: ["shop/*"]), as: "big", by: platform.principal)
            try await platform.push(Self.big)
            try await platform.operations.pools.remove("big", as: platform.principal)
            try await platform.store.write { try TurnStore.keepPools(in: $0.database) }
            #expect(
                try await rules().map { "\($0.name) \($0.rules.repositories) \($0.updatedBy)" } == [
                    "big [\"shop/web\"] upgrade"
                ])
            guard case .granted = try await platform.ask(WorkerScope(pool: "big")) else {
                Issue.record("not granted")
                return
            }
            // Where somebody has given pools rules, nothing is added to them.
            try await platform.push(Self.big, trigger: "t2", message: "m2")
            try await platform.operations.pools.remove("big", as: platform.principal)
            _ = try await platform.operations.pools.save(
                PoolRules(repositories: ["x/*"]), as: "other", by: platform.principal)
            try await platform.store.write { try TurnStore.keepPools(in: $0.database) }
            #expect(try await rules().map(\.name) == ["other"])
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

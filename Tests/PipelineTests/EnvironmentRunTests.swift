import Contracts
import PipelineLanguage
import Storage
import Testing

@testable import Pipeline

/// Runs whose rollouts go where they may, and where they may not.
@Suite struct EnvironmentRunTests {
    private func deploying(_ block: String) -> String {
        """
        steps:
          - name: deploy
            deploy: {image: "registry.example/app:1", \(block)}
        """
    }

    /// The newest run after a push of this file.
    private func pushed(
        _ platform: PlatformFixture, _ file: String, branch: String = "main", event: Event = .push
    ) async throws -> RunView {
        let id = MessageID.make().rawValue
        try await platform.push(file, branch: branch, trigger: "t\(id)", message: "m\(id)", event: event)
        let run = try #require(try await platform.runs().first)
        return try #require(try await platform.reader.view(run.id))
    }

    @Test func `Without an environment there is no rollout, and the command that makes one is named`() async throws {
        try await PlatformFixture.with { platform in
            let view = try await pushed(
                platform, deploying("environment: live, namespace: shop, workload: deployment/web"))
            #expect(view.summary.state == .failure)
            let step = try #require(view.stages.first?.steps.first)
            #expect(step.state == .failure)
            #expect(
                step.reason
                    == "there is no environment “live”; somebody who may say where rollouts go makes it: slipway "
                    + "environment add live --repo=shop/web --branch=main --namespace=shop --workload=deployment/web")
            #expect(view.summary.reason?.contains("slipway environment add live") == true)
            #expect(view.choice?.trace.last?.hasPrefix("step “deploy” is refused: there is no environment") == true)
            // No worker hears of it.
            #expect(try await platform.sentWork().filter { $0.hasPrefix("RolloutRequested") } == [])
        }
    }

    @Test func `A container's environment is named with its networks and ports, and never with the host's folders`()
        async throws
    {
        try await PlatformFixture.with { platform in
            let view = try await pushed(
                platform,
                deploying(
                    "environment: live, container: shop, run: {network: shop, networks: [host], ports: [\"80:80\"], "
                        + "volumes: [\"/:/x\"], user: root}"))
            #expect(
                view.summary.reason?.hasSuffix(
                    "slipway environment add live --repo=shop/web --branch=main --container=shop --network=shop --port=80"
                )
                    == true)
        }
    }

    @Test func `One push does not become root on the deploy host`() async throws {
        try await PlatformFixture.with { platform in
            let view = try await pushed(
                platform,
                deploying("environment: production, container: web, run: {volumes: [\"/:/x\"], command: [sh]}"))
            #expect(view.summary.state == .failure)
            #expect(
                view.stages.first?.steps.first?.reason
                    == "the environment “production” allows the volume “/” to no container; it allows none. To allow it: "
                    + "slipway environment set production --volume=/")
            #expect(try await platform.jobs(of: view.summary.id).map(\.lease.state) == [.finished])
        }
    }

    @Test func `The decision stands in the run's trace, and goes to the deployer with the grant`() async throws {
        try await PlatformFixture.with { platform in
            var rules = Samples.production.rules
            rules.refs = ["refs/heads/main"]
            rules.variables = ["TIER": "front", "SLIPWAY_RUN_ID": "forged"]
            try await platform.store.write { [rules] in
                try $0.environments.save(
                    Environment(name: "production", rules: rules, updatedBy: "ada", updatedAt: $0.now))
            }
            let file = deploying("environment: production, workload: deployment/web")
            let refused = try await pushed(platform, file, branch: "feature")
            #expect(refused.choice?.trace.last?.contains("is not for the ref “refs/heads/feature”") == true)
            let view = try await pushed(platform, file)
            #expect(
                view.choice?.trace.last
                    == "step “deploy” is allowed: the environment “production” is for shop/web, refs/heads/main, every "
                    + "event but those of merge requests; this is shop/web, refs/heads/main, push")
            let job = try #require(try await platform.jobs(of: view.summary.id).first)
            guard case .granted(let grant) = try await platform.claim(job.id, namespace: "shop") else {
                Issue.record("it was not granted")
                return
            }
            #expect(grant.permit?.environment == "production" && grant.permit?.workloads == ["deployment/web"])
            #expect(grant.environment["TIER"] == "front")
            #expect(grant.environment["SLIPWAY_RUN_ID"] == view.summary.id.rawValue)
        }
    }

    @Test func `What was offered is decided again when a deployer claims it`() async throws {
        try await PlatformFixture.with { platform in
            let file = deploying("environment: production, workload: deployment/web")
            let first = try await pushed(platform, file)
            let job = try #require(try await platform.jobs(of: first.summary.id).first)
            try await platform.operations.environments.remove("production", as: platform.principal)
            guard case .refused(let refusal) = try await platform.claim(job.id) else {
                Issue.record("it was granted although its environment is gone")
                return
            }
            #expect(refusal.code == .finished && refusal.reason.contains("there is no environment “production”"))
            let view = try #require(try await platform.reader.view(first.summary.id))
            #expect(view.summary.state == .failure)

            // Where the workload turns out to be in another namespace, the claim tells.
            try await platform.save(
                EnvironmentRules(namespaces: ["shop"], workloads: ["deployment/web"], repositories: ["shop/web"]),
                as: "production")
            let second = try await pushed(platform, file)
            let other = try #require(try await platform.jobs(of: second.summary.id).first)
            guard case .refused(let elsewhere) = try await platform.claim(other.id, namespace: "bank") else {
                Issue.record("it was granted in another team's namespace")
                return
            }
            #expect(elsewhere.reason.contains("does not cover the namespace “bank” but shop"))
        }
    }

    @Test func `A rollout that is refused beside others leaves nothing that runs or waits`() async throws {
        let both = """
            steps:
              - name: refused
                deploy: {environment: live, workload: deployment/web, image: "a:1"}
                failure: fast
                depends_on: []
              - name: allowed
                deploy: {environment: production, workload: deployment/web, image: "a:1"}
                depends_on: []
              - name: after
                image: alpine
                commands: ["true"]
                depends_on: [refused]
            """
        try await PlatformFixture.with { platform in
            let view = try await pushed(platform, both)
            let states = try await platform.states(of: view.summary.id)
            #expect(states["refused"] == .failure && states["after"] == .skipped)
            for job in try await platform.jobs(of: view.summary.id) where !job.lease.state.isFinal {
                _ = try await platform.claim(job.id)
                try await platform.ended(
                    job, steps: [StepReport(step: job.steps[0], outcome: .success, exitCode: 0)])
            }
            #expect(try await platform.runs().first?.state == .failure)
            #expect(try await platform.jobs(of: view.summary.id).allSatisfy { $0.lease.state.isFinal })
        }
    }

    @Test func `A step that names no cluster goes to its environment's only one`() async throws {
        try await PlatformFixture.with { platform in
            var rules = Samples.production.rules
            rules.clusters = ["live"]
            try await platform.save(rules, as: "production")
            let view = try await pushed(platform, deploying("environment: production, workload: deployment/web"))
            let job = try #require(try await platform.jobs(of: view.summary.id).first)
            #expect(job.queue == "slipway.deploy.live" && job.workload == "live/default/deployment/web")
        }
    }

    // MARK: - Whose a workload is

    /// What the newest rollout may take, once a deployer has claimed it.
    private func taking(_ platform: PlatformFixture, _ file: String) async throws -> RolloutPermit.Taking? {
        let view = try await pushed(platform, file)
        let job = try #require(try await platform.jobs(of: view.summary.id).first)
        guard case .granted(let grant) = try await platform.claim(job.id, namespace: "shop") else { return nil }
        try await platform.ended(job, steps: [StepReport(step: "deploy", outcome: .success, exitCode: 0)])
        return grant.permit?.takes
    }

    @Test func `An unmarked workload is for the one repository that some environment lets roll out to it`() async throws
    {
        try await PlatformFixture.with { platform in
            let file = deploying("environment: production, workload: deployment/web")
            #expect(try await taking(platform, file) == .unmarked)
            #expect(try await taking(platform, deploying("environment: production, container: web, run: {}")) == .own)
            try await platform.store.write { transaction in
                try transaction.repositories.save(
                    Repository(
                        path: RepositoryPath(rawValue: "shop/api"), cloneURL: "https://git.example/shop/api.git",
                        defaultBranch: "main", allowsFile: true, createdAt: transaction.now))
            }
            #expect(try await taking(platform, file) == .unmarked)
            // Another environment of the same cluster covers it too.
            try await platform.save(
                EnvironmentRules(namespaces: ["*"], workloads: ["deployment/*"], repositories: ["shop/*"]),
                as: "staging")
            #expect(try await taking(platform, file) == .own)
        }
    }

    @Test func `What was given to a repository is its own, and another one's rollout is refused`() async throws {
        try await PlatformFixture.with { platform in
            let environments = platform.operations.environments
            let file = deploying("environment: production, container: web, run: {}")
            func adopt(_ repository: String, container: String = "web") async throws -> AdoptionView {
                try await environments.adopt(
                    AdoptionRequest(repository: RepositoryPath(rawValue: repository), container: container),
                    in: "production", by: platform.principal)
            }
            let adoption = try await adopt("shop/web")
            #expect(adoption.workload == "default/container/web" && adoption.adoptedBy == "test")
            #expect(try await taking(platform, file) == .any)
            let view = try await environments.view("production", as: platform.principal)
            #expect(view.adopted == [adoption])
            // Only what the environment covers, and only to whom it is for.
            await #expect(throws: OperationError.self) { try await adopt("shop/web", container: "database") }
            try await platform.store.write { transaction in
                try transaction.repositories.save(
                    Repository(
                        path: RepositoryPath(rawValue: "shop/api"), cloneURL: "https://git.example/shop/api.git",
                        defaultBranch: "main", allowsFile: true, createdAt: transaction.now))
            }
            await #expect(throws: OperationError.self) { try await adopt("shop/api") }
            var rules = Samples.production.rules
            rules.repositories.append("shop/api")
            try await platform.save(rules, as: "production")
            _ = try await adopt("shop/api")
            let refused = try await pushed(platform, file)
            #expect(
                refused.summary.reason?.contains("default/container/web was given to another repository by test")
                    == true)
        }
    }

    @Test func `What was given holds when the cluster turns out to have another name`() async throws {
        try await PlatformFixture.with { platform in
            let environments = platform.operations.environments
            var rules = Samples.production.rules
            rules.clusters = ["live"]
            try await platform.save(rules, as: "production")
            let given = try await environments.adopt(
                AdoptionRequest(
                    repository: PlatformFixture.path, namespace: "shop", workload: "deployment/web"),
                in: "production", by: platform.principal)
            #expect(given.workload == "live/shop/deployment/web")
            // Two deployers say that they are of one cluster, which goes by the first of its names.
            try await platform.store.write { transaction in
                try platform.engine.learn("shop", "c1", of: "live", in: transaction)
                try platform.engine.learn("shop", "c1", of: "east", in: transaction)
            }
            let view = try await environments.view("production", as: platform.principal)
            #expect(view.adopted?.map(\.workload) == ["east/shop/deployment/web"])
        }
    }

    @Test func `What a person decided is not an upgrade's any more`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.store.write { transaction in
                var made = Samples.production
                made.note = "made of the last rollouts"
                try transaction.environments.save(made)
            }
            try await platform.save(Samples.production.rules, as: "production")
            let environments = platform.operations.environments
            #expect(try await environments.view("production", as: platform.principal).note == nil)
        }
    }

    @Test(arguments: ["review/42", "Live shop", "Süd_1.2-a"])
    func `A name that a pipeline may write is one that the platform keeps`(name: String) async throws {
        try await PlatformFixture.with { platform in
            try await platform.save(Samples.production.rules, as: name)
            let view = try await pushed(
                platform, deploying("environment: \"\(name)\", workload: deployment/web"))
            #expect(try await platform.jobs(of: view.summary.id).map(\.lease.state) == [.queued])
        }
    }

    @Test(arguments: ["a//b", "/a", "a/../b", " a", "a:b", ""])
    func `Another name is one to neither, for the same reason`(name: String) async throws {
        try await PlatformFixture.with { platform in
            let error = await #expect(throws: OperationError.self) {
                try await platform.save(Samples.production.rules, as: name)
            }
            #expect(error?.problem.message == "“\(name)” is no name of an environment")
            guard !name.isEmpty else { return }
            let view = try await pushed(
                platform, deploying("environment: \"\(name)\", workload: deployment/web"))
            #expect(view.summary.state == .failure)
            #expect(view.summary.reason?.contains("“\(name)” is no name of an environment") == true)
        }
    }

    /// Whoever has the outer one could put a link in the inner one's place, which the engine would follow.
    @Test func `A folder of the host is not allowed within another that is`() async throws {
        try await PlatformFixture.with { platform in
            func rules(_ folders: [String], cluster: String = "default") -> EnvironmentRules {
                EnvironmentRules(
                    clusters: [cluster], containers: ["web"], repositories: ["shop/web"],
                    allows: ContainerAllowances(volumes: folders))
            }
            func problem(_ rules: EnvironmentRules, _ name: String) async throws -> String? {
                do {
                    try await platform.save(rules, as: name)
                    return nil
                } catch let error as OperationError {
                    return error.problem.message
                }
            }
            #expect(try await problem(rules(["/srv/web", "/srv/web-data", "data"]), "web") == nil)
            #expect(
                try await problem(rules(["/srv/web/data"]), "api")
                    == "the folder “/srv/web/data” cannot be allowed beside “/srv/web” of the environment “web”: a container "
                    + "that has “/srv/web” could put a link in the place of “/srv/web/data”; allow one of them, or folders "
                    + "that lie beside each other")
            #expect(try await problem(rules(["/srv"]), "api")?.contains("beside “/srv/web”") == true)
            #expect(
                try await problem(rules(["/a", "/a/b"]), "api")?.contains("beside “/a/b” of the environment “api”")
                    == true)
            var own = rules(["/a"])
            own.perRepository = ["shop/api": rules(["/a/b"]).ofRepository]
            #expect(try await problem(own, "api") != nil)
            // On another host it is another folder, and who has all of a host needs no link.
            #expect(try await problem(rules(["/srv/web/data"], cluster: "east"), "east") == nil)
            #expect(try await problem(rules(["/"]), "all") == nil)
            // What was allowed before stays, also where something else is changed.
            try await platform.store.write { [rules = rules(["/srv/web/data"])] transaction in
                try transaction.environments.save(
                    Environment(name: "old", rules: rules, updatedBy: "ada", updatedAt: transaction.now))
            }
            #expect(try await problem(rules(["/srv/web/data", "/srv/other"]), "old") == nil)
        }
    }
}

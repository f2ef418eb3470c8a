import Contracts
import FoundationEssentials
import PipelineLanguage
import Storage
import TestSupport
import Testing

@testable import Pipeline

/// What becomes of an installation of before, at the first start with a new version.
@Suite struct UpgradeTests {
    private func deploying(_ block: String) -> String {
        """
        steps:
          - name: deploy
            deploy: {image: "registry.example/app:1", \(block)}
        """
    }

    /// The newest run after a push of this file.
    private func pushed(
        _ platform: PlatformFixture, _ file: String, branch: String = "main",
        repository: RepositoryPath = PlatformFixture.path, event: Event = .push
    ) async throws -> RunView {
        let id = MessageID.make().rawValue
        try await platform.push(
            file, branch: branch, trigger: "t\(id)", message: "m\(id)", event: event, repository: repository)
        let run = try #require(try await platform.runs().first)
        return try #require(try await platform.reader.view(run.id))
    }

    private func rolledOut(
        _ platform: PlatformFixture, _ file: String, branch: String = "main",
        repository: RepositoryPath = PlatformFixture.path, event: Event = .push, _ outcome: StepOutcome = .success
    ) async throws {
        let view = try await pushed(platform, file, branch: branch, repository: repository, event: event)
        let job = try #require(try await platform.jobs(of: view.summary.id).first)
        guard case .granted = try await platform.claim(job.id, namespace: "shop") else {
            Issue.record("it was not granted: \(view.summary.reason ?? "")")
            return
        }
        try await platform.ended(
            job, outcome == .success ? .success : .failure,
            steps: [StepReport(step: "deploy", outcome: outcome, exitCode: 0)])
    }

    /// The first start with the version that needs this.
    private func upgrade(_ platform: PlatformFixture, _ name: String) async throws {
        _ = try await platform.store.write {
            try $0.database.execute("INSERT INTO upgrades (name) VALUES (?)", [name])
        }
        try await platform.engine.makeEnvironmentsOfRollouts()
    }

    @Test func `What an upgrade cannot name is told`() throws {
        let run = ContainerRun(
            ports: ["80:80", "80:80:80:80:80"], volumes: ["data:/data", "${HOME}:/x", "a:b:c:d"], network: "shop")
        let demands = ContainerDemands(of: run, as: "web")
        let beginnings = ["the volume “${HOME}:/x”", "the volume “a:b:c:d” (", "the port “80:80:80:80:80” ("]
        #expect(demands.unread.count == beginnings.count)
        for (said, beginning) in zip(demands.unread, beginnings) { #expect(said.hasPrefix(beginning)) }
        #expect(
            demands.allowances == ContainerAllowances(volumes: ["data"], networks: ["shop"], ports: ["80"]))
    }

    @Test func `Environments are made of the last rollouts of an installation of before`() async throws {
        let container = deploying(
            "environment: demo, container: shop, run: {network: shop, ports: [\"127.0.0.1:8080:80\"], "
                + "volumes: [\"data:/data\"]}")
        let workload = deploying("environment: production, workload: deployment/web")
        try await PlatformFixture.with { platform in
            let wide = EnvironmentRules(
                namespaces: ["**"], workloads: ["**"], containers: ["**"], repositories: ["**"],
                allows: ContainerAllowances(volumes: ["**"], networks: ["**"], ports: ["0-65535"]))
            for name in ["demo", "production"] { try await platform.save(wide, as: name) }
            try await rolledOut(platform, container)
            try await rolledOut(platform, workload, branch: "release")
            // One that failed says nothing of where rollouts go.
            try await rolledOut(platform, workload, branch: "broken", .failure)
            for name in ["demo", "production"] {
                try await platform.operations.environments.remove(name, as: platform.principal)
            }

            // Without rollouts of before there is nothing to do.
            try await platform.engine.makeEnvironmentsOfRollouts()
            #expect(try await platform.operations.environments.all(as: platform.principal) == [])
            try await upgrade(platform, "environments")
            let made = try await platform.operations.environments.all(as: platform.principal)
            #expect(made.map(\.name) == ["demo", "production"])
            #expect(
                made.first?.rules
                    == EnvironmentRules(
                        containers: ["shop"], repositories: ["shop/web"], refs: ["refs/heads/main"],
                        allows: ContainerAllowances(
                            volumes: ["data"], networks: ["shop"], ports: ["127.0.0.1:8080"])))
            #expect(
                made.last?.rules
                    == EnvironmentRules(
                        namespaces: ["shop"], workloads: ["deployment/web"], repositories: ["shop/web"],
                        refs: ["refs/heads/release"]))
            #expect(
                made.last?.note == "made of the last rollouts before environments were kept: shop/web#2")
            #expect(made.allSatisfy { $0.updatedBy == "upgrade" })
            // Once: what an operator removes stays away.
            try await platform.operations.environments.remove("demo", as: platform.principal)
            try await platform.engine.makeEnvironmentsOfRollouts()
            #expect(
                try await platform.operations.environments.all(as: platform.principal).map(\.name) == ["production"])
        }
    }

    @Test func `A merge request's rollout makes no environment: who may propose may not choose where it goes`()
        async throws
    {
        let file = deploying("environment: demo, container: shop, run: {network: shop}")
        try await PlatformFixture.with { platform in
            let wide = EnvironmentRules(
                containers: ["**"], repositories: ["**"], events: [.push, .pullRequest],
                allows: ContainerAllowances(networks: ["**"]))
            try await platform.save(wide, as: "demo")
            try await rolledOut(platform, file, event: .pullRequest)
            try await platform.operations.environments.remove("demo", as: platform.principal)
            try await upgrade(platform, "environments")
            let made = try await platform.operations.environments.all(as: platform.principal)
            #expect(!made.contains { $0.name == "demo" })
        }
    }

    /// As `production` is named by most.
    @Test func `After an upgrade a repository may do what it did, and nothing that only another one did`() async throws
    {
        let (a, b) = (RepositoryPath(rawValue: "shop/a"), RepositoryPath(rawValue: "shop/b"))
        func file(_ name: String, _ volume: String, user: String = "1000") -> String {
            deploying(
                "environment: production, container: \(name), run: {network: \(name), user: \"\(user)\", "
                    + "volumes: [\"\(volume):/data\"]}")
        }
        try await PlatformFixture.with { platform in
            for path in [a, b] { try await platform.register(path) }
            let wide = EnvironmentRules(
                containers: ["**"], repositories: ["**"],
                allows: ContainerAllowances(volumes: ["**", "/srv/a"], networks: ["**"], users: ["**"]))
            try await platform.save(wide, as: "production")
            try await rolledOut(platform, file("a", "/srv/a", user: "root"), repository: a)
            try await rolledOut(platform, file("b", "b-data"), branch: "dev", repository: b)
            try await platform.operations.environments.remove("production", as: platform.principal)
            try await upgrade(platform, "environments")

            let made = try await platform.operations.environments.view("production", as: platform.principal)
            func own(_ name: String, _ ref: String, _ volume: String, _ user: String) -> RepositoryRules {
                RepositoryRules(
                    containers: [name], refs: [ref],
                    allows: ContainerAllowances(volumes: [volume], networks: [name], users: [user]))
            }
            #expect(
                made.rules
                    == EnvironmentRules(perRepository: [
                        "shop/a": own("a", "refs/heads/main", "/srv/a", "root"),
                        "shop/b": own("b", "refs/heads/dev", "b-data", "1000"),
                    ]))
            #expect(made.rules.allRepositories == ["shop/a", "shop/b"] && made.rules.allTargets == ["a", "b"])
            // Both go on as before.
            try await rolledOut(platform, file("a", "/srv/a", user: "root"), repository: a)
            try await rolledOut(platform, file("b", "b-data"), branch: "dev", repository: b)
            func refusal(_ file: String, branch: String, of repository: RepositoryPath) async throws -> String? {
                let view = try await pushed(platform, file, branch: branch, repository: repository)
                #expect(try await platform.jobs(of: view.summary.id).allSatisfy { $0.lease.state.isFinal })
                return view.summary.reason
            }
            #expect(
                try await refusal(file("b", "/srv/a"), branch: "dev", of: b)?.hasSuffix(
                    "the environment “production” allows the volume “/srv/a” to no container; it allows b-data. To "
                        + "allow it: slipway environment set production --for=shop/b --volume=b-data --volume=/srv/a")
                    == true)
            #expect(
                try await refusal(file("a", "/srv/a"), branch: "dev", of: a)?.hasSuffix(
                    "is not for the ref “refs/heads/dev”, but for refs/heads/main; to let it: slipway environment set "
                        + "production --for=shop/a --ref=refs/heads/main --ref=refs/heads/dev") == true)
            for file in [file("a", "b-data"), file("b", "b-data", user: "root")] {
                #expect(try await refusal(file, branch: "dev", of: b)?.contains("set production --for=shop/b") == true)
            }
            // A third one is told how it gets its own.
            #expect(
                try await refusal(
                    deploying("environment: production, container: c, run: {}"), branch: "main", of: .web)?
                    .hasSuffix(
                        "is not for the repository “shop/web”; to let it, with what it needs itself: "
                            + "slipway environment set production --for=shop/web --branch=main --container=c") == true)
        }
    }

    @Test func `Labels, aliases and log drivers that were free before stay allowed to what used them`() async throws {
        let file = deploying(
            "environment: demo, container: shop, run: {network: shop, aliases: [shop, store], logging: syslog, "
                + "labels: {traefik.enable: \"true\", com.docker.compose.project: slipway}}")
        let others = deploying("environment: live, container: other, run: {labels: {a: b}}")
        try await PlatformFixture.with { platform in
            var rules = EnvironmentRules(
                containers: ["shop", "other"], repositories: ["shop/*"],
                allows: ContainerAllowances(networks: ["shop"], labels: ["**"], aliases: ["*"], logDrivers: ["*"]))
            for name in ["demo", "live"] { try await platform.save(rules, as: name) }
            let allowed = deploying(
                "environment: demo, container: shop, run: {network: shop, aliases: [shop, store], logging: syslog, "
                    + "labels: {traefik.enable: \"true\"}}")
            try await rolledOut(platform, allowed)
            try await rolledOut(platform, others)
            // As the version before kept them.
            rules.allows = ContainerAllowances(networks: ["shop"])
            rules.perRepository = ["shop/web": rules.ofRepository]
            try await platform.save(rules, as: "demo")
            rules.perRepository = nil
            try await platform.save(rules, as: "live")
            #expect(try await pushed(platform, allowed).summary.state == .failure)
            try await upgrade(platform, "allowances")
            let environments = platform.operations.environments
            let demo = try await environments.view("demo", as: platform.principal)
            #expect(
                demo.rules.perRepository?["shop/web"]?.allows
                    == ContainerAllowances(
                        networks: ["shop"], labels: ["traefik.enable"], aliases: ["store"], logDrivers: ["syslog"]))
            #expect(demo.rules.allows == rules.allows && demo.updatedBy == "test")
            let live = try await environments.view("live", as: platform.principal)
            #expect(live.rules.allows == ContainerAllowances(networks: ["shop"], labels: ["a"]))
            try await rolledOut(platform, allowed)
            // What Docker's own tools go by is nobody's.
            #expect(
                try await pushed(platform, file).summary.reason?.contains(
                    "the label “com.docker.compose.project” is refused: it is one of Docker's own") == true)
        }
    }

    @Test func `A rollout that was begun before is still newer than older ones`() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("upgrade-\(RunID.make())").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let place = try await TestDatabase.make(in: folder)
        let before = try await place.open(
            Array(Schema.migrations.prefix { $0.name != EnvironmentStore.allowances.name }))
        try await before.write { database in
            try database.execute(
                """
                INSERT INTO runs (id, trigger, repository, number, state, event, ref, createdAt)
                VALUES ('r1', 't1', 'shop/a', 1, 'success', 'push', 'refs/heads/main', 0)
                """, [])
            for (name, run) in [("web", "r1"), ("api", "gone")] {
                try database.execute("INSERT INTO workloads (name, sequence, run) VALUES (?, 7, ?)", [name, run])
            }
        }
        try await before.close()
        let store = PipelineStore(store: try await place.open(Schema.migrations))
        func newest(_ workload: String) async throws -> [RepositoryPath: RolloutQueue.Begun] {
            try await store.read { try $0.jobs.rollouts(of: workload).newest }
        }
        let known = [RepositoryPath(rawValue: "shop/a"): RolloutQueue.Begun(sequence: 7, run: RunID(rawValue: "r1"))]
        #expect(try await newest("web") == known)
        // Whose it was is not known any more: it may be anybody's.
        let unknown = [RepositoryPath(rawValue: ""): RolloutQueue.Begun(sequence: 7, run: RunID(rawValue: "gone"))]
        #expect(try await newest("api") == unknown)
        try await store.store.close()
        try await place.remove()
    }
}

extension RepositoryPath {
    fileprivate static let web = PlatformFixture.path
}

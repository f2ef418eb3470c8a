import Contracts
import FoundationEssentials
import Messaging
import PipelineLanguage
import Storage
import Testing

@testable import Pipeline

/// Which jobs get a registry's login.
@Suite struct RegistryAccessTests {
    private static let builds = """
        steps:
          - {name: test, image: quay.example/node:22, commands: [make]}
          - name: image
            build: {context: ., repository: harbor.example/shop/web, tags: ["1"]}
        """

    private func grant(
        _ platform: PlatformFixture, _ file: String, event: Event = .push, _ repository: RepositoryPath? = nil
    ) async throws -> JobGrant {
        let id = MessageID.make().rawValue
        try await platform.push(
            file, trigger: id, message: id, event: event, repository: repository ?? PlatformFixture.path)
        let run = try #require(try await platform.runs().first)
        return try await granted(platform, try #require(try await platform.jobs(of: run.id).first))
    }

    private func granted(_ platform: PlatformFixture, _ job: Job) async throws -> JobGrant {
        guard case .granted(let grant) = try await platform.claim(job.id) else {
            throw OperationError.invalid("refused", "the job is not granted")
        }
        return grant
    }

    private func save(
        _ platform: PlatformFixture, _ rules: [String: RegistryRules]
    ) async throws {
        for (place, rules) in rules {
            _ = try await platform.operations.secrets.save(
                RegistryRequest(username: place, password: "pw", rules: rules), for: place, as: platform.principal)
        }
    }

    @Test func `A job is sent the logins of the registries it names, and those its images may be built upon`()
        async throws
    {
        try await PlatformFixture.with { platform in
            try await save(
                platform,
                [
                    "harbor.example": RegistryRules(), "harbor.example/shop": RegistryRules(uses: [.push]),
                    "harbor.example/other": RegistryRules(uses: [.push]), "quay.example": RegistryRules(uses: [.pull]),
                    "base.example": RegistryRules(uses: [.pull]), "deploys.example": RegistryRules(),
                    "docker.io": RegistryRules(),
                ])
            let plain = try await grant(
                platform, "steps: [{name: a, image: quay.example/node, commands: [make]}]")
            #expect(plain.logins?.keys.sorted() == ["quay.example"])
            // Who knows no limits gets none of what is limited.
            #expect(plain.registries == [:])
            let named = try await grant(
                platform, "steps: [{name: a, image: alpine, commands: [curl harbor.example/v2/]}]")
            #expect(named.logins?.keys.sorted() == ["docker.io", "harbor.example"])
            #expect(named.registries.keys.sorted() == ["docker.io", "harbor.example"])
            let built = try await grant(platform, Self.builds)
            #expect(
                built.logins?.keys.sorted() == [
                    "base.example", "deploys.example", "docker.io", "harbor.example", "harbor.example/shop",
                    "quay.example",
                ])
            #expect(built.logins?["harbor.example/shop"]?.uses == [.push])
            #expect(built.logins?["harbor.example/shop"]?.commands == false)
            #expect(built.logins?["harbor.example"]?.commands == true)
        }
    }

    @Test func `A rollout is sent the login of its image's registry alone, also where a step hands the image on`()
        async throws
    {
        try await PlatformFixture.with { platform in
            try await save(
                platform,
                [
                    "registry.example": RegistryRules(), "harbor.example": RegistryRules(),
                    "docker.io": RegistryRules(),
                ])
            let built = try await grant(platform, Samples.delivery)
            let job = try #require(try await platform.jobs(of: built.run).first)
            for step in ["compile", "image"] {
                try await platform.finished(
                    step, job, outputs: step == "image" ? ["reference": "registry.example/app@sha256:5f16"] : [:])
            }
            try await platform.ended(job)
            let rollout = try #require(try await platform.jobs(of: built.run).last)
            #expect(rollout.kind == .rollout)
            let logins = try #require(try await granted(platform, rollout).logins)
            #expect(logins["registry.example"] != nil)
            #expect(logins["harbor.example"] == nil)
        }
    }

    @Test func `A registry that only a variable names, or a step of the job hands on, is among them`() throws {
        func need(_ image: String, _ handedOn: [String] = [], _ uses: [RegistryUse] = []) throws -> Bool {
            let steps = [Step(name: "find", image: "quay.example/a"), Step(name: "use", image: image)]
            let access = RegistryAccess(
                place: RegistryPlace("harbor.example"), username: "u", rules: RegistryRules(uses: uses),
                sealed: SealedSecret(rawValue: "s"))
            return try RegistryNeeds(of: JobPart(Stage(name: "main", steps: steps)), handedOn: handedOn).need(access)
        }
        #expect(try need("${REGISTRY}/web:1", ["harbor.example"]))
        #expect(try !need("${REGISTRY}/web:1", ["other.example"]))
        #expect(try need("${steps.find.image}"))
        #expect(try !need("${steps.find.image}", [], [.push]))
        #expect(try !need("${steps.earlier.image}", ["other.example/a"]))
    }

    @Test func `A login is for its repositories, refs and events, and the trace says which was withheld`() async throws
    {
        try await PlatformFixture.with { platform in
            let other = RepositoryPath(rawValue: "team/app")
            try await platform.register(other)
            try await save(
                platform,
                [
                    "harbor.example/shop": RegistryRules(repositories: ["shop/*"]),
                    "harbor.example": RegistryRules(refs: ["refs/heads/release"]),
                    "quay.example": RegistryRules(events: [.tag]),
                ])
            let foreign = try await grant(platform, Self.builds, other)
            #expect(foreign.logins == [:])
            #expect(
                foreign.withheldLogins?["harbor.example/shop"]
                    == "the login for harbor.example/shop is not for the repository “team/app”; to let it, name it beside "
                    + "those it is for: slipway registry limit harbor.example/shop --repo=… --repo=team/app")
            let own = try await grant(platform, Self.builds)
            #expect(own.logins?.keys.sorted() == ["harbor.example/shop"])
            #expect(own.withheldLogins?.keys.sorted() == ["harbor.example", "quay.example"])
            let trace = try await platform.reader.view(own.run)?.choice?.trace ?? []
            #expect(trace.contains { $0.hasPrefix("withheld from “test”, “image”: the login for quay.example is not") })
            // What is proposed gets none that does not name merge requests.
            let proposal = try await grant(platform, Self.builds, event: .pullRequest)
            #expect(proposal.logins == [:])
        }
    }

    @Test func `A login of before is for all repositories, their branches and tags`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.store.write { transaction in
                _ = try transaction.secrets.database.execute(
                    "INSERT INTO registries (host, sealed, username, updatedAt) VALUES (?, ?, 'u', 0)",
                    ["harbor.example", SealedSecret(rawValue: "v1.test.x")])
            }
            let view = try #require(try await platform.operations.secrets.registries(as: platform.principal).first)
            #expect(view.rules == RegistryRules())
            #expect(
                view.rules?.summary(at: RegistryPlace(view.host))
                    == "all repositories · every branch and tag · pull, push, commands")
        }
    }
}

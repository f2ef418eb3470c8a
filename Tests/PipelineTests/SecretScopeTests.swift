import Contracts
import FoundationEssentials
import Messaging
import PipelineLanguage
import Secrets
import Storage
import Testing

@testable import Pipeline

/// Which jobs get a secret, whatever a repository's pipeline says and however its run was started.
@Suite struct SecretScopeTests {
    private static let proposal = "refs/merge-requests/7/head"

    private static func uses(_ names: String...) -> String {
        let variables = names.map { "\($0): {from_secret: \($0)}" }.joined(separator: ", ")
        return "steps: [{name: test, image: alpine, commands: [make], environment: {\(variables)}}]"
    }

    /// A step that names a secret, and a rollout that names one.
    private static func delivery(_ built: String, _ rolledOut: String) -> String {
        """
        steps:
          - {name: test, image: alpine, commands: [make], environment: {X: {from_secret: \(built)}}}
          - name: deploy
            deploy:
              environment: production
              container: web
              image: web
              run: {environment: {X: {from_secret: \(rolledOut)}}}
        """
    }

    private func secret(_ rules: SecretRules = SecretRules(), _ owner: SecretOwner = .all) -> Secret {
        Secret(
            name: "key", owner: owner, rules: rules, sealed: SealedSecret(rawValue: "v1.k.s"),
            updatedAt: Timestamp(milliseconds: 0))
    }

    private func job(
        _ ref: String = "refs/heads/main", _ event: Event = .push, _ environment: String? = nil
    ) -> Secret.Receiver {
        Secret.Receiver(
            origin: RunOrigin(repository: PlatformFixture.path, ref: ref, event: event), environment: environment)
    }

    // MARK: - The rule

    @Test func `By itself it is for branches and tags, and what is proposed gets none, however it is run`() {
        let usual = secret()
        for ref in ["refs/heads/main", "refs/heads/a/b", "refs/tags/v1"] { #expect(usual.refusal(of: job(ref)) == nil) }
        for event in [Event.push, .custom, .cron, .promote] {
            for ref in [Self.proposal, "refs/pull/7/merge", "refs/changes/1/2", String(repeating: "ab", count: 20)] {
                #expect(usual.refusal(of: job(ref, event)) != nil, "\(ref) \(event)")
                // Who names the event of pushes means no merge request that is run as one.
                #expect(secret(SecretRules(events: [event])).refusal(of: job(ref, event)) != nil, "\(ref) \(event)")
            }
        }
        #expect(usual.refusal(of: job("refs/heads/main", .pullRequest)) != nil)
        #expect(secret(SecretRules(events: [.pullRequest])).refusal(of: job(Self.proposal, .pullRequest)) == nil)
    }

    @Test func `A commit by its id counts as the branches and tags that it is the tip of`() {
        let main = secret(SecretRules(refs: ["refs/heads/main"]))
        func commit(_ tips: String...) -> Secret.Receiver {
            var job = job(String(repeating: "ab", count: 20))
            job.origin.tipOf = tips
            return job
        }
        #expect(main.refusal(of: commit()) != nil)
        #expect(main.refusal(of: commit("refs/heads/x", "refs/tags/main")) != nil)
        #expect(main.refusal(of: commit("refs/tags/v1", "refs/heads/main")) == nil)
        #expect(secret().refusal(of: commit("refs/tags/v1")) == nil)
    }

    @Test func `What it is not for is told with the command that lets it`() {
        #expect(
            secret(SecretRules(refs: ["refs/heads/main"]), .repository(PlatformFixture.path))
                .refusal(of: job("refs/heads/x"))
                == "the secret “key” is not for the ref “refs/heads/x”, but for refs/heads/main; to let it: "
                + "slipway secret limit key --repo=shop/web --ref=refs/heads/main --ref=refs/heads/x")
        #expect(
            secret(SecretRules(events: [.tag]), .group("shop")).refusal(of: job())
                == "the secret “key” is not for the event “push”, but for tag; to let it: "
                + "slipway secret limit key --group=shop --event=tag --event=push")
        #expect(
            secret(SecretRules(environments: ["production"])).refusal(of: job())
                == "the secret “key” is not for a job that rolls out to no environment, but for rollouts and promotions "
                + "to production; to let it: slipway secret limit key --environment ''")
        #expect(
            secret(SecretRules(environments: ["production"])).refusal(of: job("refs/heads/main", .push, "staging"))
                == "the secret “key” is not for the environment “staging”, but for production; to let it: "
                + "slipway secret limit key --environment=production --environment=staging")
        #expect(
            secret(SecretRules(environments: ["production"])).refusal(of: job("refs/heads/main", .push, "production"))
                == nil)
    }

    @Test func `The nearest of a name counts, and its rules are not got round by a farther one`() async throws {
        try await PlatformFixture.with { platform in
            let deep = RepositoryPath(rawValue: "shop/tools/lint")
            try await platform.register(deep)
            try await platform.save("everyone's", as: "key", of: .all)
            try await platform.save("the shop's", as: "key", of: .group("shop"))
            try await platform.save("the tools'", as: "key", of: .group("shop/tools"))
            try await platform.save("another's", as: "key", of: .group("sho"))
            func value(_ path: RepositoryPath) async throws -> String? {
                let found = try await platform.store.read { try $0.secrets.all(for: path) }
                return try found.first.map { try platform.keys.open($0.sealed, for: $0.kept.binding) }
            }
            #expect(try await value(PlatformFixture.path) == "the shop's")
            #expect(try await value(deep) == "the tools'")
            #expect(try await value(RepositoryPath(rawValue: "shop")) == "everyone's")
            #expect(try await value(RepositoryPath(rawValue: "shopping/web")) == "everyone's")
            try await platform.save(
                "mine", as: "key", of: .repository(PlatformFixture.path), SecretRules(refs: ["refs/heads/release"]))
            let grant = try await platform.grant(Self.uses("key"))
            #expect(grant.secrets == [:])
            #expect(grant.withheld?["key"]?.contains("--repo=shop/web --ref=refs/heads/release") == true)
        }
    }

    // MARK: - Runs

    @Test func `A merge request's ref that is run by hand gets none, and the trace says which and why`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.save("hush", as: "key", of: .all)
            try await platform.save("open", as: "free", of: .all, SecretRules(refs: ["refs/**"]))
            for event in [nil, Event.custom, .cron] {
                let grant = try await platform.grant(
                    Self.uses("key", "free", "none"),
                    byHand: RunRequest(
                        repository: PlatformFixture.path, ref: Self.proposal, event: event))
                #expect(grant.secrets.keys.sorted() == ["free"])
                #expect(grant.withheld?.keys.sorted() == ["key"])
                let trace = try await platform.trace(of: grant.run)
                #expect(
                    trace.last
                        == "withheld from “test”: the secret “key” is not for the ref “\(Self.proposal)”, but for "
                        + "refs/heads/**, refs/tags/**; to let it: slipway secret limit key --ref='refs/heads/**' "
                        + "--ref='refs/tags/**' --ref=\(Self.proposal)")
            }
            // What is run again stays what it was.
            let first = try #require(try await platform.runs().last)
            let again = try await platform.rerun(first.id)
            #expect(
                try await platform.finish(again.summary.id, Self.uses("key", "free")).secrets.keys.sorted() == ["free"])
        }
    }

    @Test func `Branches and tags, pushed and by hand, keep what there was before`() async throws {
        try await PlatformFixture.with { platform in
            // As a version before left it.
            let sealed = try platform.keys.sealUnbound("old", as: .step)
            try await platform.store.write { transaction in
                _ = try transaction.secrets.database.execute(
                    "INSERT INTO secrets (repository, name, sealed, updatedAt) VALUES ('', 'key', ?, 0)", [sealed])
            }
            func opened(_ grant: JobGrant) throws -> String {
                let binding = SealBinding.Grant(grant, for: .builder(pool: "default"))
                return try platform.keys.open(try #require(grant.secrets["key"]), for: binding.secret("key"))
            }
            #expect(try opened(try await platform.grant(Self.uses("key"))) == "old")
            for ref in ["refs/heads/x", "refs/tags/v1"] {
                let grant = try await platform.grant(
                    Self.uses("key"), byHand: RunRequest(repository: PlatformFixture.path, ref: ref))
                #expect(try opened(grant) == "old")
            }
        }
    }

    @Test func `A job gets what its own steps name, and none of what the stage's other jobs do`() async throws {
        try await PlatformFixture.with { platform in
            for name in ["build", "live", "unused"] { try await platform.save(name, as: name, of: .all) }
            let grant = try await platform.grant(Self.delivery("build", "live"))
            #expect(grant.secrets.keys.sorted() == ["build"])
        }
    }

    @Test func `A production secret goes to the rollout that was granted, and to no other job`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.save("hush", as: "live", of: .all, SecretRules(environments: ["production"]))
            let built = try await platform.grant(Self.delivery("live", "live"))
            #expect(built.secrets == [:])
            let job = try #require(try await platform.jobs(of: built.run).first)
            try await platform.ended(
                job, steps: [StepReport(step: "test", outcome: .success, startedAt: .now, finishedAt: .now)])
            let rollout = try #require(try await platform.jobs(of: built.run).last)
            guard case .granted(let grant) = try await platform.claim(rollout.id) else {
                Issue.record("the rollout is not granted")
                return
            }
            #expect(grant.secrets.keys.sorted() == ["live"])
            #expect(grant.withheld == nil)
        }
    }

    @Test func `A run that promotes to an environment gets its secrets where the environment lets it`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.save("hush", as: "live", of: .all, SecretRules(environments: ["production"]))
            func promote(_ target: String, _ rules: EnvironmentRules? = nil) async throws -> JobGrant {
                if let rules { try await platform.save(rules, as: target) }
                return try await platform.grant(
                    Self.uses("live"),
                    byHand: RunRequest(
                        repository: PlatformFixture.path, ref: "refs/heads/main", event: .promote, target: target))
            }
            #expect(try await promote("production").secrets.keys.sorted() == ["live"])
            #expect(try await promote("staging").withheld?["live"]?.contains("no environment “staging”") == true)
            for (rules, words) in [
                (EnvironmentRules(containers: ["web"], repositories: ["other/**"]), "is not for the repository"),
                (EnvironmentRules(containers: ["web"], repositories: ["**"], refs: ["refs/tags/*"]), "not for the ref"),
                (EnvironmentRules(containers: ["web"], repositories: ["**"], approvals: 1), "wants approvals"),
                (
                    EnvironmentRules(
                        containers: ["web"], repositories: ["**"],
                        freezes: [
                            .init(name: "ever", from: "2020-01-01 00:00", until: "2099-01-01 00:00", zone: "UTC")
                        ]), "is frozen until"
                ),
            ] {
                let grant = try await promote("production", rules)
                #expect(grant.secrets == [:])
                #expect(grant.withheld?["live"]?.contains(words) == true, "\(grant.withheld ?? [:])")
            }
        }
    }

    @Test func `Those of some images are given beside the others, so that an older worker gives them to nobody`()
        async throws
    {
        try await PlatformFixture.with { platform in
            try await platform.save("hush", as: "key", of: .all, SecretRules(images: ["plugins/docker"]))
            let grant = try await platform.grant(Self.uses("key"))
            #expect(grant.secrets == [:])
            #expect(grant.imageSecrets?["key"]?.images == ["plugins/docker"])
        }
    }

    // MARK: - What people say

    @Test func `A new value keeps the rules, and new rules keep the value`() async throws {
        try await PlatformFixture.with { platform in
            let (secrets, ada) = (platform.operations.secrets, platform.principal)
            let rules = SecretRules(refs: ["refs/heads/main"], environments: ["production"])
            _ = try await secrets.save(SecretRequest(value: "a", rules: rules), as: "key", of: .all, by: ada)
            #expect(try await secrets.save(SecretRequest(value: "b"), as: "key", of: .all, by: ada).rules == rules)
            let open = SecretRules(refs: ["refs/**"])
            #expect(try await secrets.save(SecretRequest(rules: open), as: "key", of: .all, by: ada).rules == open)
            let kept = try #require(try await platform.store.read { try $0.secrets.find("key", of: .all) })
            #expect(try platform.keys.open(kept.sealed, for: kept.kept.binding) == "b")
            for (request, owner, code) in [
                (SecretRequest(rules: open), SecretOwner.group("shop"), "unknown_secret"),
                (SecretRequest(value: "x"), .group("shop/"), "malformed_group"),
                (SecretRequest(value: "x"), .group(""), "malformed_group"),
                (SecretRequest(value: "x", rules: SecretRules(refs: ["main"])), .all, "malformed_rules"),
                (SecretRequest(value: "x", rules: SecretRules(images: ["a["])), .all, "malformed_rules"),
                (SecretRequest(value: "x", rules: SecretRules(environments: ["a//b"])), .all, "malformed_rules"),
            ] {
                let error = await #expect(throws: OperationError.self) {
                    _ = try await secrets.save(request, as: "key", of: owner, by: ada)
                }
                #expect(error?.problem.code == code)
            }
        }
    }
}

extension PlatformFixture {
    func save(
        _ value: String, as name: String, of owner: SecretOwner, _ rules: SecretRules? = nil
    ) async throws {
        _ = try await operations.secrets.save(
            SecretRequest(value: value, rules: rules), as: name, of: owner, by: principal)
    }

    /// The first job of a run of the file: a push of `main`, or what is asked for by hand.
    fileprivate func grant(_ file: String, byHand request: RunRequest? = nil) async throws -> JobGrant {
        guard let request else {
            let id = MessageID.make().rawValue
            try await push(file, trigger: id, message: id)
            return try await granted(try #require(try await runs().first).id)
        }
        return try await finish(try await start(request).summary.id, file)
    }

    /// Has sync answer for a run that waits for it, and claims its first job.
    fileprivate func finish(_ run: RunID, _ file: String) async throws -> JobGrant {
        let asked = try await sent().filter { $0.type == SyncRequested.type }
            .map { try Wire.decode(SyncRequested.self, from: Data($0.body.utf8)).trigger }
        var trigger = try #require(asked.first { $0.run == run })
        trigger.eventFollowsRef = nil
        try await SourceSyncedHandler(sources: operations.sources).handle(
            SourceSynced(
                trigger: trigger, commit: Self.commit, changes: .init(paths: [], complete: true),
                pipelineFile: .init(path: ".slipway.yml", text: file), mirrorURL: "http://sync.example/shop/web.git"),
            MessageContext(id: .make()))
        return try await granted(run)
    }

    private func granted(_ run: RunID) async throws -> JobGrant {
        let job = try #require(try await jobs(of: run).first)
        guard case .granted(let grant) = try await claim(job.id) else {
            throw StoreError(.corrupt, "the job is not granted")
        }
        return grant
    }

    fileprivate func trace(of run: RunID) async throws -> [String] {
        try await reader.view(run)?.choice?.trace ?? []
    }
}

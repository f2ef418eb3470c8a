import Contracts
import Messaging

@testable import Pipeline

/// What there is to be seen and changed before somebody tries an operation: made anew for each attempt.
struct RightsScene: Sendable {
    let platform: PlatformFixture
    /// Waits for an approval of the environment `production`.
    var run: RunID
    /// Of the process that it runs.
    let digest: String
    /// Who is about to try.
    let me: String
    /// What exists: the repository of the group `shop`.
    var path = Self.path

    static let path = PlatformFixture.path
    /// What does not, in the place of each name that does.
    static let absences = [
        (path.rawValue, "shop/gone"), ("shop%2Fweb", "shop%2Fgone"), ("production", "nowhere"), ("robot", "droid"),
        ("ada", "eve"), ("gpu", "cpu"), ("busy", "idle"), ("rested", "tired"), ("harbor.example", "quay.example"),
        (letter.rawValue, "page"),
    ]
    static let letter = MessageID(rawValue: "letter")
    static let document: JSONValue = [["step": "compile", "commands": ["make"]]]
    static let deploy = """
        steps:
          - name: deploy
            deploy: {image: "registry.example/app:1", environment: production, workload: deployment/web}
        """

    /// The same, of which nothing is there.
    var absent: RightsScene {
        var absent = self
        absent.run = RunID(rawValue: "01arz3ndektsv4rrffq69g5fav")
        absent.path = RepositoryPath(rawValue: "shop/gone")
        return absent
    }

    static func parked(at now: Timestamp) -> DeadLetter {
        DeadLetter(
            id: letter, queue: MessageMap.pipeline.name, type: "StepStarted", version: 1,
            contentType: "application/json", reason: "it cannot be read", body: "{}", parkedAt: now)
    }

    var trigger: Trigger { Trigger(id: .make(), event: .push, repository: path, ref: "refs/heads/main") }

    /// A session and a token that only this account has.
    static func own(_ account: String) -> (session: String, token: String) { ("s-\(account)", "\(account)/second") }

    static func make(
        _ platform: PlatformFixture, for operation: Operation, as me: String
    ) async throws -> RightsScene {
        try await platform.store.write { transaction in
            try transaction.repositories.save(
                Repository(
                    path: Self.path, cloneURL: "https://git.example/shop/web.git", defaultBranch: "main",
                    allowsFile: true, createdAt: transaction.now))
            var production = Samples.production
            production.rules.approvals = 1
            production.rules.approvers = operation == .decideOpenRollout ? [] : ["*"]
            try transaction.environments.save(production)
            let compiled = try ComponentOperations.compile(Self.document, name: "web")
            try transaction.components.keep(process: compiled.document, digest: compiled.digest, now: transaction.now)
            _ = try transaction.components.save(
                "web", document: Self.document, digest: compiled.digest, now: transaction.now)
            try transaction.repositories.setAssociations([], of: Self.path)
            try transaction.pools.save(
                Pool(
                    name: "gpu", rules: PoolRules(repositories: ["shop/*", "other/*"]), updatedBy: "test",
                    updatedAt: transaction.now))
            for name in ["busy", "rested"] {
                try transaction.workers.save(
                    Worker(
                        name: name, life: "1", scope: WorkerScope(pool: "scene"), slots: 1, version: "0.1.0",
                        since: transaction.now, heardAt: transaction.now))
            }
            try transaction.workers.drain("rested", by: "test", at: transaction.now)
            try transaction.deadLetters.add(parked(at: transaction.now))
            try transaction.discovered.note(
                SyncFailed(
                    trigger: Trigger(
                        id: .make(), event: .push, repository: RepositoryPath(rawValue: "shop/new"),
                        ref: "refs/heads/main"), code: .unknownRepository, reason: ""), now: transaction.now)
            if try transaction.people.find("ada") == nil {
                try PeopleOperations.add(
                    "ada", displayName: nil, email: nil, by: .administrator, in: transaction)
            }
            if try transaction.access.token(named: "robot") == nil {
                try transaction.addToken("slp_robot", name: "robot", role: .viewer)
            }
            for account in [me, "ada"] {
                let own = own(account)
                if try transaction.access.token(named: own.token) == nil {
                    try transaction.access.add(
                        Token(name: own.token, account: account, createdAt: transaction.now), "slp_\(own.token)")
                }
                guard try transaction.sessions.find(id: own.session) == nil else { continue }
                try transaction.sessions.add(
                    "secret of \(own.session)",
                    Session(
                        id: own.session, account: account, token: nil, createdAt: transaction.now,
                        usedAt: transaction.now, expiresAt: transaction.now.adding(.seconds(3600)), client: nil,
                        agent: nil))
            }
            try transaction.accounts.grant(
                Rights.Grant(role: .viewer, scope: RepositoryScope(.repository(Self.path))), to: "robot", by: "test",
                now: transaction.now)
        }
        let schedules = platform.operations.schedules
        for name in ["nightly", "rested"] {
            _ = try await schedules.save(
                ScheduleRequest(expression: "@daily"), as: name, of: Self.path, by: .administrator)
        }
        try await schedules.resume("nightly", of: Self.path, as: .administrator)
        try await schedules.pause("rested", of: Self.path, as: .administrator)
        let secrets = platform.operations.secrets
        for owner in [SecretOwner.repository(Self.path), .group("shop"), .all] {
            _ = try await secrets.save(SecretRequest(value: "v"), as: "token", of: owner, by: .administrator)
        }
        _ = try await secrets.save(
            RegistryRequest(username: "u", password: "p"), for: "harbor.example", as: .administrator)
        let id = MessageID.make().rawValue
        try await platform.push(Self.deploy, trigger: "t\(id)", message: "m\(id)")
        guard let run = try await platform.runs().first, let choice = try await platform.reader.view(run.id)?.choice
        else { throw MissingRun() }
        return RightsScene(platform: platform, run: run.id, digest: choice.digest, me: me)
    }

    private struct MissingRun: Error {}
}

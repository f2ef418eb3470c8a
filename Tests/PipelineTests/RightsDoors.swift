import Contracts
import HTTPTypes
import Messaging

@testable import Pipeline

/// What there is to be seen and changed before somebody tries an operation: made anew for each attempt.
struct RightsScene: Sendable {
    let platform: PlatformFixture
    /// Waits for an approval of the environment `production`.
    let run: RunID
    /// The name of the repository's group, whose own it is.
    static let path = PlatformFixture.path
    static let letter = MessageID(rawValue: "letter")
    static let document: JSONValue = [["step": "compile", "commands": ["make"]]]
    static let deploy = """
        steps:
          - name: deploy
            deploy: {image: "registry.example/app:1", environment: production, workload: deployment/web}
        """

    static func make(_ platform: PlatformFixture, for operation: Operation) async throws -> RightsScene {
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
            try transaction.deadLetters.add(
                DeadLetter(
                    id: letter, queue: MessageMap.pipeline.name, type: "StepStarted", version: 1,
                    contentType: "application/json", reason: "it cannot be read", body: "{}", parkedAt: transaction.now
                ))
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
            try transaction.accounts.grant(
                Rights.Grant(role: .viewer, scope: RepositoryScope(.repository(Self.path))), to: "robot", by: "test",
                now: transaction.now)
        }
        let secrets = platform.operations.secrets
        for owner in [SecretOwner.repository(Self.path), .group("shop"), .all] {
            _ = try await secrets.save(SecretRequest(value: "v"), as: "token", of: owner, by: .administrator)
        }
        _ = try await secrets.save(
            RegistryRequest(username: "u", password: "p"), for: "harbor.example", as: .administrator)
        let id = MessageID.make().rawValue
        try await platform.push(Self.deploy, trigger: "t\(id)", message: "m\(id)")
        guard let run = try await platform.runs().first else { throw MissingRun() }
        return RightsScene(platform: platform, run: run.id)
    }

    struct MissingRun: Error {}
}

/// The ways by which one operation is reached: the operations layer, the API, and a page where there is one.
struct RightsDoor: Sendable {
    struct Exchange: Sendable {
        var method: HTTPRequest.Method
        var path: String
        var body: String?

        func path(in scene: RightsScene) -> String { path.replacing(RightsDoor.run, with: scene.run.rawValue) }
    }

    let operation: Operation
    let call: @Sendable (RightsScene, Principal) async throws -> Void
    let api: Exchange?
    let page: Exchange?

    init(
        _ operation: Operation, api: Exchange? = nil, page: Exchange? = nil,
        _ call: @escaping @Sendable (RightsScene, Principal) async throws -> Void
    ) {
        self.operation = operation
        self.call = call
        self.api = api
        self.page = page
    }

    private static func get(_ path: String) -> Exchange { Exchange(method: .get, path: path) }
    private static func put(_ path: String, _ body: String) -> Exchange {
        Exchange(method: .put, path: path, body: body)
    }
    private static func post(_ path: String, _ body: String? = nil) -> Exchange {
        Exchange(method: .post, path: path, body: body)
    }
    private static func delete(_ path: String) -> Exchange { Exchange(method: .delete, path: path) }

    private static let repository = RightsScene.path.rawValue
    /// Stands for the run of the scene.
    private static let run = "RUN"
    private static let component = #"[{"step": "compile", "commands": ["make"]}]"#
    private static let rules =
        #"{"clusters": ["default"], "workloads": ["deployment/web"], "repositories": ["shop/web"]}"#

    /// All of them; some operations have several.
    static let all: [RightsDoor] =
        runs + repositories + secrets + shared + platform + tokens + people + roles
        + stages

    private static let runs = [
        RightsDoor(
            .seeRuns, api: get(APIPath.run.path([run])),
            page: get(PagePath.run.path([run]))
        ) { _ = try await $0.platform.operations.runs.view($0.run, as: $1) },
        RightsDoor(
            .seeRuns, api: get(APIPath.log.path([run, "1"])),
            page: get(PagePath.log.path([run, "1"]))
        ) { _ = try await $0.platform.operations.runs.log(of: $0.run, step: 1, attempt: nil, as: $1) },
        RightsDoor(.seeRuns, api: get(APIPath.logTimes.path([run, "1"]))) {
            _ = try await $0.platform.operations.runs.follow($0.run, logs: .none, as: $1)
        },
        RightsDoor(
            .startRun, api: post(APIPath.runs.path(), #"{"repository": "shop/web"}"#),
            page: post(PagePath.runs.path(), "repository=shop%2Fweb")
        ) {
            _ = try await $0.platform.operations.runs.start(RunRequest(repository: RightsScene.path), as: $1)
        },
        RightsDoor(
            .startGivenRun,
            api: post(APIPath.runs.path(), #"{"repository": "shop/web", "document": \#(component)}"#)
        ) {
            _ = try await $0.platform.operations.runs.start(
                RunRequest(repository: RightsScene.path, document: RightsScene.document), as: $1)
        },
        RightsDoor(
            .rerun, api: post(APIPath.rerun.path([run])),
            page: post(PagePath.rerun.path([run]), "")
        ) { _ = try await $0.platform.operations.runs.rerun($0.run, as: $1) },
        RightsDoor(
            .cancelRun, api: post(APIPath.cancelRun.path([run])),
            page: post(PagePath.cancelRun.path([run]), "")
        ) { _ = try await $0.platform.operations.runs.cancel($0.run, as: $1) },
        verdict(.decideRollout), verdict(.decideOpenRollout),
    ]

    private static func verdict(_ operation: Operation) -> RightsDoor {
        RightsDoor(
            operation, api: post(APIPath.verdict.path([run, "1"]), #"{"approves": true}"#),
            page: post(PagePath.verdict.path([run]), "step=1&verdict=approve")
        ) {
            _ = try await $0.platform.operations.runs.decide(1, of: $0.run, VerdictRequest(approves: true), by: $1)
        }
    }

    private static let repositories = [
        RightsDoor(
            .seeRepositories, api: get(APIPath.repository.path([repository])),
            page: get(PagePath.repository.path([repository]))
        ) { _ = try await $0.platform.operations.repositories.view(RightsScene.path, as: $1) },
        RightsDoor(
            .saveRepository,
            api: put(APIPath.repository.path([repository]), #"{"cloneURL": "https://git.example/shop/web.git"}"#)
        ) {
            _ = try await $0.platform.operations.repositories.save(
                RepositoryRequest(cloneURL: "https://git.example/shop/web.git"), as: RightsScene.path, by: $1)
        },
        RightsDoor(.removeRepository, api: delete(APIPath.repository.path([repository]))) {
            try await $0.platform.operations.repositories.remove(RightsScene.path, as: $1)
        },
        RightsDoor(
            .associate,
            api: put(APIPath.associations.path([repository]), #"[{"component": "web"}]"#),
            page: post(PagePath.repository.path([repository]), "component=web")
        ) {
            try await $0.platform.operations.repositories.associate(
                [AssociationView(component: "web", events: [], branches: [])], with: RightsScene.path, as: $1)
        },
        RightsDoor(.seeHook, api: get(APIPath.hook.path([repository]))) {
            _ = try await $0.platform.operations.repositories.hook(of: RightsScene.path, as: $1)
        },
    ]

    private static let secrets = [
        RightsDoor(.seeSecrets, api: get(APIPath.repositorySecrets.path([repository]))) {
            _ = try await $0.platform.operations.secrets.all(of: RightsScene.path, as: $1)
        },
        RightsDoor(
            .saveSecret, api: put(APIPath.repositorySecret.path([repository, "token"]), #"{"value": "v"}"#)
        ) {
            _ = try await $0.platform.operations.secrets.save(
                SecretRequest(value: "v"), as: "token", of: .repository(RightsScene.path), by: $1)
        },
        RightsDoor(.removeSecret, api: delete(APIPath.repositorySecret.path([repository, "token"]))) {
            try await $0.platform.operations.secrets.remove("token", of: .repository(RightsScene.path), as: $1)
        },
    ]

    private static let shared = [
        RightsDoor(
            .seeComponents, api: get(APIPath.component.path(["web"])),
            page: get(PagePath.component.path(["web"]))
        ) { _ = try await $0.platform.operations.components.view("web", as: $1) },
        RightsDoor(
            .seeComponents, api: get(APIPath.components.path()),
            page: get(PagePath.components.path())
        ) { _ = try await $0.platform.operations.components.all(as: $1) },
        RightsDoor(
            .seeComponents, page: post(PagePath.checkComponent.path(["web"]), "document=%5B%5D")
        ) { try $0.platform.operations.components.check(RightsScene.document, as: $1) },
        RightsDoor(
            .seeEnvironments, api: get(APIPath.environments.path()),
            page: get(PagePath.environments.path())
        ) { _ = try await $0.platform.operations.environments.all(as: $1) },
        RightsDoor(.seePools, api: get(APIPath.pool.path(["gpu"]))) {
            _ = try await $0.platform.operations.pools.view("gpu", as: $1)
        },
        RightsDoor(.seePools, api: get(APIPath.pools.path())) {
            _ = try await $0.platform.operations.pools.all(as: $1)
        },
        RightsDoor(
            .seeWorkers, api: get(APIPath.workers.path()), page: get(PagePath.workers.path())
        ) { _ = try await $0.platform.operations.workers.list(as: $1) },
    ]

    private static let platform = [
        RightsDoor(
            .saveComponent, api: put(APIPath.component.path(["web"]), component),
            page: post(
                PagePath.component.path(["web"]),
                "document=%5B%7B%22step%22%3A%22a%22%2C%22commands%22%3A%5B%22b%22%5D%7D%5D")
        ) { _ = try await $0.platform.operations.components.save(RightsScene.document, as: "web", by: $1) },
        RightsDoor(.removeComponent, api: delete(APIPath.component.path(["web"]))) {
            try await $0.platform.operations.components.remove("web", as: $1)
        },
        RightsDoor(.saveEnvironment, api: put(APIPath.environment.path(["production"]), rules)) {
            _ = try await $0.platform.operations.environments.save(
                Samples.production.rules, as: "production", by: $1)
        },
        RightsDoor(.removeEnvironment, api: delete(APIPath.environment.path(["production"]))) {
            try await $0.platform.operations.environments.remove("production", as: $1)
        },
        RightsDoor(
            .adopt,
            api: post(
                APIPath.adopt.path(["production"]),
                #"{"repository": "shop/web", "workload": "deployment/web", "namespace": "shop"}"#)
        ) {
            _ = try await $0.platform.operations.environments.adopt(
                AdoptionRequest(repository: RightsScene.path, namespace: "shop", workload: "deployment/web"),
                in: "production", by: $1)
        },
        RightsDoor(.savePool, api: put(APIPath.pool.path(["gpu"]), #"{"repositories": ["shop/*"]}"#)) {
            _ = try await $0.platform.operations.pools.save(PoolRules(repositories: ["shop/*"]), as: "gpu", by: $1)
        },
        RightsDoor(.removePool, api: delete(APIPath.pool.path(["gpu"]))) {
            try await $0.platform.operations.pools.remove("gpu", as: $1)
        },
        RightsDoor(.seeRegistries, api: get(APIPath.registries.path())) {
            _ = try await $0.platform.operations.secrets.registries(as: $1)
        },
        RightsDoor(
            .saveRegistry,
            api: put(APIPath.registry.path(["harbor.example"]), #"{"username": "u", "password": "p"}"#)
        ) {
            _ = try await $0.platform.operations.secrets.save(
                RegistryRequest(username: "u", password: "p"), for: "harbor.example", as: $1)
        },
        RightsDoor(.removeRegistry, api: delete(APIPath.registry.path(["harbor.example"]))) {
            try await $0.platform.operations.secrets.remove(registry: "harbor.example", as: $1)
        },
        RightsDoor(.seeKeys, api: get(APIPath.keys.path())) {
            _ = try await $0.platform.operations.keys.all(as: $1)
        },
        RightsDoor(.reseal, api: post(APIPath.reseal.path())) {
            _ = try await $0.platform.operations.keys.reseal(as: $1)
        },
        RightsDoor(
            .seeParked, api: get(APIPath.parkedMessages.path()),
            page: get(PagePath.parked.path())
        ) { _ = try await $0.platform.operations.deadLetters.list(limit: 10, as: $1) },
        RightsDoor(
            .retryParked, api: post(APIPath.retryParkedMessage.path([RightsScene.letter.rawValue])),
            page: post(PagePath.parked.path(), "id=\(RightsScene.letter)")
        ) { try await $0.platform.operations.deadLetters.retry(RightsScene.letter, as: $1) },
        RightsDoor(.dropParked, api: delete(APIPath.parkedMessage.path([RightsScene.letter.rawValue]))) {
            try await $0.platform.operations.deadLetters.remove(RightsScene.letter, as: $1)
        },
    ]

    private static let tokens = [
        RightsDoor(.seeTokens, api: get(APIPath.tokens.path())) {
            _ = try await $0.platform.operations.tokens.all(as: $1)
        },
        RightsDoor(
            .makeOthersToken, api: post(APIPath.tokens.path(), #"{"name": "robot", "role": "viewer"}"#)
        ) { _ = try await $0.platform.operations.tokens.make(TokenRequest(name: "robot", role: .viewer), as: $1) },
        RightsDoor(.revokeOthersToken, api: delete(APIPath.token.path(["robot"]))) {
            try await $0.platform.operations.tokens.revoke("robot", as: $1)
        },
    ]

    private static let people = [
        RightsDoor(.seePeople, api: get(APIPath.people.path()), page: get(PagePath.people.path())) {
            _ = try await $0.platform.operations.people.all(as: $1)
        },
        RightsDoor(
            .managePeople, api: put(APIPath.person.path(["ada"]), #"{"displayName": "Ada"}"#),
            page: post(PagePath.person.path(["ada"]), "do=unblock")
        ) {
            _ = try await $0.platform.operations.people.change("ada", PersonChange(displayName: "Ada"), as: $1)
        },
        RightsDoor(
            .managePeople, api: post(APIPath.personLink.path(["ada"])),
            page: post(PagePath.person.path(["ada"]), "do=link")
        ) { _ = try await $0.platform.operations.people.link(for: "ada", as: $1) },
        RightsDoor(.seePeople, api: get(APIPath.sessions.path() + "?person=ada")) {
            _ = try await $0.platform.operations.sessions.all(of: "ada", as: $1)
        },
        RightsDoor(.managePeople) {
            _ = try await $0.platform.operations.people.invite(
                PersonRequest(name: MessageID.make().rawValue), as: $1)
        },
        RightsDoor(.seeOwnAccount, api: get(APIPath.me.path()), page: get(PagePath.account.path())) {
            _ = try await $0.platform.operations.people.me(as: $1)
        },
        RightsDoor(.seeOwnAccount, api: get(APIPath.sessions.path())) {
            _ = try await $0.platform.operations.sessions.all(of: nil, as: $1)
        },
        RightsDoor(.changeOwnAccount) { scene, principal in
            let id = MessageID.make().rawValue
            try await scene.platform.store.write { transaction in
                let now = transaction.now
                try transaction.sessions.add(
                    id,
                    Session(
                        id: id, account: principal.name, token: nil, createdAt: now, usedAt: now,
                        expiresAt: now.adding(.seconds(60)), client: nil, agent: nil))
            }
            try await scene.platform.operations.sessions.end(id, as: principal)
        },
    ]

    private static let roles = [
        RightsDoor(.seeRoles, api: get(APIPath.roles.path())) {
            _ = try await $0.platform.operations.roles.all(as: $1)
        },
        RightsDoor(.giveRole, api: put(APIPath.role.path(["robot", repository]), #"{"role": "viewer"}"#)) {
            _ = try await $0.platform.operations.roles.give(
                RoleRequest(role: .viewer), within: repository, to: "robot", by: $1)
        },
        RightsDoor(.takeRole, api: delete(APIPath.role.path(["robot", repository]))) {
            try await $0.platform.operations.roles.take(within: repository, from: "robot", by: $1)
        },
        RightsDoor(.seeAudit, api: get(APIPath.audit.path())) {
            _ = try await $0.platform.operations.audit.list(limit: 1, as: $1)
        },
        RightsDoor(.seeAudit, api: get(APIPath.auditExport.path())) {
            _ = try await $0.platform.operations.audit.list(limit: 1, as: $1)
        },
    ]

    private static let stages = [
        RightsDoor(.serveStages) {
            _ = try await $0.platform.operations.repositories.access(to: RightsScene.path, keys: nil, as: $1)
        },
        RightsDoor(.serveStages) {
            _ = try await $0.platform.operations.repositories.neighbours(
                of: RightsScene.path, cloneURL: "https://git.example/shop/web.git", as: $1)
        },
        RightsDoor(.serveStages) {
            try await $0.platform.operations.jobs.heartbeat(
                JobHeartbeat(job: JobID(rawValue: "j"), run: $0.run, attempt: 1), as: $1)
        },
        RightsDoor(.serveStages) { try await $0.platform.operations.deadLetters.passEarlier(as: $1) },
    ]
}

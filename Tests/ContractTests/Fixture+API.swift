import Contracts

extension Fixture {
    static let documents = [
        Fixture("RunSummary", Sample.summary),
        Fixture("RunView", Sample.view),
        Fixture("RunPage", Page(items: [Sample.summary], next: "01jd00000000000000000000r0")),
        Fixture(
            "RunRequest",
            RunRequest(
                repository: Sample.repository, ref: "v1.2", component: "web",
                document: [["step": "hello", "commands": ["true"]]], parameters: ["IMAGE": "web"])),
        Fixture(
            "RunRequestByEvent",
            RunRequest(
                repository: Sample.repository, ref: "v1.2", event: .promote, target: "production", cron: "nightly")),
        Fixture(
            "LogTimes", LogTimes(times: [LogTime(offset: 0, at: Sample.moment)], end: 4126)),
        Fixture("LogPiece", LogPiece(offset: 12, text: "Done\n")),
        Fixture("RunEvent-run-choice", RunEvent.run(Sample.view)),
        Fixture("RunEvent-log-choice", RunEvent.log(step: 1, offset: 12, text: "Done\n")),
        Fixture(
            "ComponentView",
            ComponentView(
                name: "web", revision: 3, digest: "sha256:5f16", document: [["step": "hello", "commands": ["true"]]],
                repositories: [Sample.repository], updatedAt: Sample.moment, savedBy: Sample.caller)),
        Fixture(
            "EnvironmentView",
            EnvironmentView(
                name: "production", rules: Sample.rules, note: "made by hand", updatedBy: "ada",
                updatedAt: Sample.moment, adopted: [Sample.adoption])),
        Fixture("EnvironmentRules", Sample.rules),
        Fixture(
            "PoolView",
            PoolView(
                name: "gpu", rules: PoolRules(repositories: ["shop/*"], refs: ["refs/heads/main"], events: [.push]),
                updatedBy: "ada", updatedAt: Sample.moment)),
        Fixture(
            "AuditView",
            AuditView(
                id: 7, at: Sample.moment, account: "anna", token: "anna/laptop", via: "token", origin: "192.0.2.7",
                operation: "pool.save", subject: "gpu", repository: RepositoryPath(rawValue: "shop/web"),
                run: RunID(rawValue: "01jd"), before: ["repositories": ["shop/*"]],
                after: ["repositories": ["shop/web"]])),
        Fixture(
            "RoleView",
            RoleView(
                holder: "@shop/ops", role: .maintainer, scope: "shop/**", givenBy: "anna", givenAt: Sample.moment)),
        Fixture("RoleRequest", RoleRequest(role: .developer)),
        Fixture(
            "TokenView",
            TokenView(
                name: "ci/web", account: "ci", role: .developer, repositories: ["shop/*"], createdAt: Sample.moment,
                expiresAt: Sample.moment, usedAt: Sample.moment, madeBy: "ada", parent: "ci")),
        Fixture(
            "TokenRequest",
            TokenRequest(
                name: "ci", account: "ci", role: .developer, repositories: ["shop/*"], expiresAt: Sample.moment)),
        Fixture("TokenGrant", TokenGrant(name: "ci", token: "not a real one", isOwn: false)),
        Fixture(
            "KeyView",
            KeyView(id: "2026-11-27", state: .opens, stored: 2, holders: ["builder-7f3a", "sync"])),
        Fixture("ResealView", ResealView(resealed: 2, failures: ["the secret “token” of shop/web: it was changed"])),
        Fixture("PoolRules", PoolRules(repositories: ["shop/*"])),
        Fixture("VerdictRequest", VerdictRequest(approves: true, reason: "tried on staging")),
        Fixture("AdoptionView", Sample.adoption),
        Fixture(
            "AdoptionRequest",
            AdoptionRequest(
                repository: Sample.repository, cluster: "default", namespace: "shop", workload: "deployment/web",
                container: "web")),
        Fixture(
            "RepositoryView",
            RepositoryView(
                path: Sample.repository, cloneURL: "https://git.example/shop/web.git", forge: "gitlab",
                defaultBranch: "main", allowsFile: true, missedPushes: .all, hasToken: true,
                hookURL: "https://ci.example/hooks/gitlab",
                associations: [AssociationView(component: "web", events: [.push, .tag], branches: ["main", "v*"])],
                associatedBy: Sample.caller, retention: RetentionRules(days: 30, runs: 100, logMebibytes: 500),
                createdAt: Sample.moment)),
        Fixture(
            "ScheduleRequest",
            ScheduleRequest(
                expression: "30 3 * * mon-fri", zone: "Europe/Berlin", branch: "release", parameters: ["DEEP": "yes"],
                missed: .catchUp)),
        Fixture(
            "ScheduleView",
            ScheduleView(
                repository: Sample.repository, name: "nightly", expression: "30 3 * * mon-fri", zone: "Europe/Berlin",
                branch: "release", parameters: ["DEEP": "yes"], missed: .catchUp, pausedBy: Sample.caller,
                next: Sample.moment, upcoming: ["2026-11-24T03:30+01:00", "2026-11-25T03:30+01:00"],
                problem: "“Mars/Olympus” is no time zone of the platform's machine",
                lastRun: RunID(rawValue: "01jd5m3v8k"),
                lastAt: Sample.moment, updatedBy: Sample.caller, updatedAt: Sample.moment)),
        Fixture("RetentionRules", RetentionRules(days: 30, runs: 100, logMebibytes: 500)),
        Fixture(
            "RetentionView",
            RetentionView(
                days: 365, runs: 10_000, logMebibytes: 102_400, branchDays: 730,
                leaving: [
                    .init(
                        repository: Sample.repository, runs: 12, logBytes: 4_096, oldest: Sample.moment,
                        newest: Sample.moment)
                ], processes: 2, parked: 3)),
        Fixture(
            "DiscoveredRepositoryView",
            DiscoveredRepositoryView(
                path: Sample.repository, cloneURL: "https://git.example/shop/web.git", forge: "gitea",
                defaultBranch: "trunk", ref: "refs/heads/trunk", sender: "ada", pushes: 3, firstPushAt: Sample.moment,
                lastPushAt: Sample.moment)),
        Fixture(
            "RepositoryRequest",
            RepositoryRequest(
                cloneURL: "https://git.example/shop/web.git", forge: "gitea", defaultBranch: "main", allowsFile: false,
                missedPushes: .branches, username: "oauth2", token: "not a real one")),
        Fixture("HookView", HookView(url: "https://ci.example/hooks/github", token: "0f3c", forge: .github)),
        Fixture("AssociationView", AssociationView(component: "web", events: [.pullRequest], branches: [])),
        Fixture("SessionRequest", Sample.sessionRequest),
        Fixture(
            "SessionView",
            SessionView(
                id: "01jd5m3v8k", person: "ada", createdAt: Sample.moment, usedAt: Sample.moment,
                expiresAt: Sample.moment, client: "192.0.2.7", agent: "Firefox", isCurrent: true)),
        Fixture("PersonView", Sample.person),
        Fixture(
            "PersonRequest",
            PersonRequest(
                name: "ada", displayName: "Ada L.", email: "ada@example.com", role: .developer,
                repositories: ["shop/**"])),
        Fixture("PersonChange", PersonChange(displayName: "Ada L.", email: "ada@example.com", isBlocked: true)),
        Fixture(
            "LinkGrant",
            LinkGrant(name: "ada", url: "https://slipway.example/link?code=l_0f3c", expiresAt: Sample.moment)),
        Fixture("LinkRequest", LinkRequest(code: "l_0f3c", name: "ada", token: "login.laptop")),
        Fixture("PersonalToken", Sample.personalToken),
        Fixture("MeView", MeView(name: "ada", person: Sample.person, session: "01jd5m3v8k", token: "ada/laptop")),
        Fixture("PasswordRequest", PasswordRequest(current: "not a real one", password: "not a real one")),
        Fixture("LoginRequest", LoginRequest(host: "laptop")),
        Fixture(
            "LoginStart",
            LoginStart(
                code: "c_0f3c", userCode: "BCDF-GHJK", url: "https://slipway.example/login?code=BCDF-GHJK",
                expiresAt: Sample.moment, interval: 2)),
        Fixture("LoginPoll", LoginPoll(code: "c_0f3c")),
        Fixture("LoginAnswer", LoginAnswer(token: Sample.personalToken)),
        Fixture("SecretRequest", SecretRequest(value: "not a real one", rules: Sample.secretRules)),
        Fixture(
            "SecretView",
            SecretView(
                name: "npm_token", repository: Sample.repository, group: "shop", rules: Sample.secretRules,
                updatedAt: Sample.moment)),
        Fixture(
            "RegistryView",
            RegistryView(host: "harbor.example/shop", username: "robot$shop+ci", rules: Sample.registryRules)),
        Fixture(
            "RegistryRequest",
            RegistryRequest(username: "robot$shop+ci", password: "not a real one", rules: Sample.registryRules)),
        Fixture(
            "WorkerView",
            WorkerView(
                name: "builder-web1-4f0c2a9d", kind: .builder, pool: "default", labels: ["arm64", "gpu"], slots: 4,
                jobs: 1, version: "0.1.0", problem: "docker: it cannot be reached", since: Sample.moment,
                heardAt: Sample.moment)),
        Fixture(
            "WorkerView-deployer",
            WorkerView(
                name: "deployer-web1-4f0c2a9d.staging", kind: .deployer, pool: "default", cluster: "staging",
                labels: [], slots: 8, jobs: 0, version: "0.1.0", drainedBy: "ada", since: Sample.moment,
                heardAt: Sample.moment)),
        Fixture(
            "DeadLetterView",
            DeadLetterView(
                id: MessageID(rawValue: "push-1"), queue: "slipway.sync", type: "PushReceived",
                reason: "trigger: expected an object",
                body: "{\"trigger\":1}", parkedAt: Sample.moment)),
        Fixture(
            "Problem",
            Problem(
                code: "unknown_repository", message: "shop/app is not known here",
                remedy: "slipway repo add shop/app <clone address>", details: ["known: shop/web"])),
    ]
}

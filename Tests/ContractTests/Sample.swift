import Contracts

/// The values behind the golden documents.
enum Sample {
    static let moment = Timestamp(milliseconds: 1_795_487_018_120)
    static let repository = RepositoryPath(rawValue: "shop/web")
    static let run = RunID(rawValue: "01jd5m3v8k0000000000000run")
    static let job = JobID(rawValue: "01jd5m3v8k0000000000000job")
    static let sha = "8d4f1b6c0a9e7d2f3b5a4c6e8f0a1b2c3d4e5f60"
    static let digest = "sha256:0b31b1c02ff458ad9b7b81cbdf8f028bd54699fa151f221d1e8de6817db93427"

    static let trigger = Trigger(
        id: MessageID(rawValue: "gitlab-b2c0"), event: .push, repository: repository, ref: "refs/heads/main",
        branch: "main",
        before: "1111111111111111111111111111111111111111", commit: sha, sender: "ada",
        message: "Sell more\n\nWith a second line and “quotes”", receivedAt: moment)

    static let manual = Trigger(
        id: MessageID(rawValue: "01jd5m3v8k0000000000000msg"), event: .promote, action: "requested",
        repository: repository,
        ref: "refs/tags/v1.2", sender: "ada", skip: false, target: "production", cron: "nightly",
        parameters: ["IMAGE": "web", "REPLICAS": "3"], run: run, receivedAt: moment)

    static let commit = Commit(
        sha: sha, message: "Sell more\n\nWith a second line", authorName: "Ada Lovelace",
        authorEmail: "ada@example.org", committedAt: moment)

    static let push = PushReceived(
        trigger: trigger, cloneURL: "https://git.example/shop/web.git", defaultBranch: "main")

    static let synced = SourceSynced(
        trigger: trigger, commit: commit, changes: .init(paths: ["a.txt", "dir/ö.txt"], complete: true),
        pipelineFile: .init(path: ".slipway.yml", text: "steps:\n- name: hello\n"),
        mirrorURL: "http://sync:8081/shop/web.git")

    static let token = "Z3JhbnQtdG9rZW4"

    static let grant = JobGrant(
        job: job, run: run, attempt: 2, token: token, leaseSeconds: 30, holdSeconds: 120, timeoutSeconds: 3600,
        repository: repository,
        commit: commit, ref: "refs/heads/main", stage: ["MAP-NAME": "default", "MAP-STEPS": [["MAP-N": 1]]],
        steps: ["compile", "image"], outcomes: ["map-prepare": .success],
        outputs: ["map-prepare": ["map-version": "1.2"]],
        dropped: ["map-prepare": ["map-key": "the secret “map-npm”"]], environment: ["CI": "true"],
        secrets: ["map-npm": SealedSecret(rawValue: "v1.k1.c2VhbGVk")],
        imageSecrets: [
            "map-harbor": ImageSecret(sealed: .init(rawValue: "v1.k1.aGFyYm9y"), images: ["plugins/docker"])
        ],
        withheld: ["map-key": "the secret “map-key” is not for the ref “refs/merge-requests/1/head”"],
        registries: ["map-registry": SealedSecret(rawValue: "v1.k1.bG9naW4")],
        logins: [
            "map-harbor.example/shop": LoginGrant(
                sealed: SealedSecret(rawValue: "v1.k1.bG9naW4"), uses: [.push], commands: false)
        ],
        withheldLogins: ["map-quay.example": "the login for map-quay.example is not for the event “cron”"],
        source: SourceAccess(
            url: "http://sync:8081/shop/web.git", token: SealedSecret(rawValue: "v1.k1.dG9rZW4")),
        limits: JobLimits(logBytes: 1_048_576), sequence: 41,
        permit: RolloutPermit(
            environment: "production", namespaces: ["shop"], workloads: ["deployment/*"], containers: ["web"],
            allows: allowances, takes: .unmarked, url: "https://shop.example", repository: repository),
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")

    static let secretRules = SecretRules(
        refs: ["refs/heads/main"], events: [.push], environments: ["production"], images: ["plugins/docker"])

    static let registryRules = RegistryRules(
        repositories: ["shop/*"], refs: ["refs/heads/main"], events: [.push], uses: [.push], commands: false)

    static let adoption = AdoptionView(
        workload: "default/shop/deployment/web", repository: repository, adoptedBy: "ada", adoptedAt: moment)

    static let allowances = ContainerAllowances(
        volumes: ["web-data"], networks: ["shop"], ports: ["127.0.0.1:8080"], users: ["1000"],
        labels: ["traefik.*"], aliases: ["store"], logDrivers: ["syslog"])

    static let rules = EnvironmentRules(
        clusters: ["default"], namespaces: ["shop"], workloads: ["deployment/*"], containers: ["web"],
        repositories: ["shop/*"], refs: ["refs/heads/main"], events: [.push],
        approvals: 2, approvers: ["ops-*"],
        freezes: [FreezeWindow(name: "weekend", from: "fri 16:00", until: "mon 08:00", zone: "Europe/Berlin")],
        variables: ["MAP-TIER": "front"],
        url: "https://shop.example", allows: allowances, pool: "payments",
        perRepository: [
            "map-shop/api": RepositoryRules(
                clusters: ["east"], namespaces: ["api"], workloads: ["deployment/api"], containers: ["api"],
                refs: ["refs/heads/dev"], events: [.tag], allows: ContainerAllowances(volumes: ["api-data"]))
        ])

    static let report = StepReport(
        step: "compile", outcome: .failure, exitCode: 2, reason: "exit code 2", ignored: false,
        outputs: ["map-digest": digest], dropped: ["map-key": "the secret “map-npm”"], startedAt: moment,
        finishedAt: moment.adding(.milliseconds(1500)), logBytes: 4126)

    static let caller = Caller(account: "anna", token: "anna/laptop")

    static let summary = RunSummary(
        id: run, repository: repository, number: 12, state: .running, reason: "waits for a builder", event: .push,
        ref: "refs/heads/main", branch: "main", commit: commit, sender: "ada", byHand: true, madeUp: true,
        startedBy: Caller(account: "ci", token: "ci/nightly"), cancelledBy: caller, createdAt: moment,
        startedAt: moment,
        finishedAt: moment.adding(.seconds(2)))

    static let view = RunView(
        summary: summary,
        choice: ChoiceView(
            source: .component, name: "web", digest: "sha256:5f16",
            trace: ["no document was given", "no pipeline file", "component web: branch main matches"]),
        stages: [
            StageView(
                name: "default", state: .running, reason: "one step runs", dependsOn: ["prepare"],
                steps: [
                    StepView(
                        id: 1, name: "compile", kind: "commands", state: .success, reason: "done", exitCode: 0,
                        job: job, attempt: 2, outputs: ["map-digest": digest], logBytes: 4126, startedAt: moment,
                        finishedAt: moment,
                        approval: ApprovalView(
                            environment: "production", needed: 2, approvers: ["ops-*"],
                            given: [
                                VerdictView(
                                    name: "ops-ada", approves: true, reason: "tried on staging", at: moment,
                                    group: "shop/ops")
                            ]))
                ])
        ])
}

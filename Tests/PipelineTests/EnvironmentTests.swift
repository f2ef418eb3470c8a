import Contracts
import PipelineLanguage
import Testing

@testable import Pipeline

/// Where a rollout may go, as a value.
@Suite struct EnvironmentTests {
    private static let rules = EnvironmentRules(
        namespaces: ["shop"], workloads: ["deployment/web"], containers: ["web", "web-*"], repositories: ["shop/web"],
        refs: ["refs/heads/main", "refs/tags/v*"], events: [.push, .tag],
        allows: ContainerAllowances(
            volumes: ["web-data", "/srv/web"], networks: ["shop"],
            ports: ["127.0.0.1:8080", "9000-9010", "127.0.0.1:0"],
            users: ["1000"]))

    private static func environment(_ rules: EnvironmentRules = Self.rules) -> Environment {
        Environment(
            name: "production", rules: rules, updatedBy: "ada", updatedAt: Timestamp(milliseconds: 0))
    }

    private static func rollout(
        repository: String = "shop/web", ref: String = "refs/heads/main", event: Event = .push,
        cluster: String = "default",
        namespace: String? = "shop", workload: String? = nil, container: String = "web", run: ContainerRun? = nil,
        own: EnvironmentRule? = nil
    ) -> Environment.Rollout {
        Environment.Rollout(
            repository: RepositoryPath(rawValue: repository), ref: ref,
            branch: ref.hasPrefix("refs/heads/") ? String(ref.dropFirst(11)) : nil, event: event,
            deploy: Deploy(
                environment: "production", workload: workload.flatMap(Workload.init), container: container,
                image: "a:1", run: workload == nil ? run ?? ContainerRun() : nil),
            cluster: cluster, namespace: namespace, own: own)
    }

    private static func refusal(_ rollout: Environment.Rollout, _ rules: EnvironmentRules = rules) -> String? {
        guard case .refused(let reason) = environment(rules).decide(rollout, at: Timestamp(milliseconds: 0)) else {
            return nil
        }
        return reason
    }

    @Test func `What its rules name is allowed, and the rule is told`() throws {
        let decision = Self.environment().decide(
            Self.rollout(workload: "deployment/web"), at: Timestamp(milliseconds: 0))
        guard case .allowed(let permit, let rule) = decision else {
            Issue.record("refused: \(decision)")
            return
        }
        #expect(permit.workloads == ["deployment/web"] && permit.environment == "production")
        #expect(
            rule == "the environment “production” is for shop/web, refs/heads/main, refs/tags/v*, push, tag; "
                + "this is shop/web, refs/heads/main, push")
        for allowed in [
            Self.rollout(ref: "refs/tags/v1.2", event: .tag), Self.rollout(container: "web-2"),
            Self.rollout(run: ContainerRun(ports: ["127.0.0.1:8080:80", "9001:90", "127.0.0.1::80"])),
            Self.rollout(run: ContainerRun(volumes: ["web-data:/data", "/srv/web:/srv:ro"], network: "shop")),
            Self.rollout(run: ContainerRun(network: "none")), Self.rollout(run: ContainerRun(user: "1000")),
        ] {
            #expect(Self.refusal(allowed) == nil)
        }
    }

    @Test func `A branch outside the rule is refused`() {
        #expect(
            Self.refusal(Self.rollout(ref: "refs/heads/feature"))
                == "the environment “production” is not for the ref “refs/heads/feature”, but for refs/heads/main, "
                + "refs/tags/v*; to let it: slipway environment set production --ref=refs/heads/main "
                + "--ref='refs/tags/v*' --ref=refs/heads/feature")
    }

    @Test func `Another repository's rollout is refused`() {
        #expect(
            Self.refusal(Self.rollout(repository: "shop/api"))?.hasPrefix(
                "the environment “production” is not for the repository “shop/api”; to let it") == true)
    }

    @Test(arguments: [
        rollout(event: .cron), rollout(cluster: "live"), rollout(container: "api"),
        rollout(namespace: "bank", workload: "deployment/web"),
        rollout(workload: "deployment/api"), rollout(workload: "statefulset/web"),
        // A commit by its id is of no ref that a rule could name.
        rollout(ref: "0c2a0861"),
    ])
    func `What its rules do not name is refused`(rollout: Environment.Rollout) {
        #expect(Self.refusal(rollout) != nil)
    }

    @Test func `A merge request rolls out only where its event and its ref are named`() {
        var rules = Self.rules
        rules.events = []
        rules.refs = []
        let request = Self.rollout(ref: "refs/merge-requests/7/head", event: .pullRequest)
        // The event is told first: whoever lets the ref alone would have let nothing.
        #expect(
            Self.refusal(request, rules)?.hasPrefix(
                "the environment “production” is not for the event “pull_request”, but for push, tag") == true)
        rules.events = [.pullRequest]
        // What holds where nothing is named is named in the command, which would take it away otherwise.
        #expect(
            Self.refusal(request, rules)
                == "the environment “production” is not for the ref “refs/merge-requests/7/head”, but for refs/heads/**, "
                + "refs/tags/**; to let it: slipway environment set production --ref='refs/heads/**' "
                + "--ref='refs/tags/**' --ref=refs/merge-requests/7/head")
        // Its own commit on a branch's name is still an event that nobody let.
        rules.events = []
        #expect(
            Self.refusal(Self.rollout(event: .pullRequest), rules)?
                .contains("set production --event=push --event=tag --event=cron") == true)
        rules.events = [.pullRequest]
        rules.refs = ["refs/merge-requests/**"]
        #expect(Self.refusal(request, rules) == nil)
    }

    @Test func `The pipeline's own block only narrows`() {
        let own = EnvironmentRule(branches: ["release/*"])
        #expect(
            Self.refusal(Self.rollout(own: own))
                == "the pipeline itself rolls out to “production” only from release/*, and this is main")
        #expect(Self.refusal(Self.rollout(own: EnvironmentRule(branches: ["main"]))) == nil)
        #expect(
            Self.refusal(Self.rollout(ref: "refs/heads/feature", own: EnvironmentRule(branches: ["feature"]))) != nil)
    }

    @Test func `What a step hands on cannot choose where it goes`() {
        #expect(
            Self.refusal(Self.rollout(container: "web-${steps.a.name}"))?.contains("not known before the run") == true)
    }

    // MARK: - Docker hosts

    @Test(arguments: [
        "/:/x", "/srv:/x", "/srv/web/..:/x", "/srv/web/../../etc:/x", "/srv//web:/x", "/srv/web/./a:/x",
        "/var/run/docker.sock:/s", "foreign-data:/data", "/srv/web-evil:/x", "/srv/web/uploads:/x", "/srv/web/:/x",
    ])
    func `A volume that is not on the list is refused`(volume: String) {
        #expect(Self.refusal(Self.rollout(run: ContainerRun(volumes: [volume]))) != nil)
    }

    @Test(arguments: ["/srv/web/..", "/srv/web/../../etc", "/srv//web", "/srv/web/./a", "/srv/web/"])
    func `A folder is refused by a path that looks like another, and no pattern allows one`(folder: String) {
        var rules = Self.rules
        rules.allows.volumes += [folder, "/srv/**", "**"]
        #expect(
            Self.refusal(Self.rollout(run: ContainerRun(volumes: ["\(folder):/x"])), rules)
                == "the folder “\(folder)” is refused: write its whole path, without “.”, “..” and “//”")
        #expect(Self.refusal(Self.rollout(run: ContainerRun(volumes: ["/srv/web/a:/x"])), rules) != nil)
        #expect(Self.refusal(Self.rollout(run: ContainerRun(volumes: ["/srv/web:/x"])), rules) == nil)
    }

    @Test(arguments: ["host", "container:web", "bank"])
    func `A network that is not on the list is refused`(network: String) {
        #expect(Self.refusal(Self.rollout(run: ContainerRun(network: network))) != nil)
        #expect(Self.refusal(Self.rollout(run: ContainerRun(network: "shop", networks: [network]))) != nil)
        var rules = Self.rules
        rules.allows.networks = ["*"]
        let isRefused = Self.refusal(Self.rollout(run: ContainerRun(network: network)), rules) != nil
        #expect(isRefused == (network != "bank"))
    }

    @Test(arguments: ["8080:80", "0.0.0.0:8080:80", "127.0.0.1:8081:80", "22:22", "80", "9005-9015:5-15"])
    func `A port that is not on the list is refused`(port: String) {
        #expect(Self.refusal(Self.rollout(run: ContainerRun(ports: [port]))) != nil)
    }

    @Test func `A user that is not on the list is refused, and by default nothing is allowed`() {
        #expect(Self.refusal(Self.rollout(run: ContainerRun(user: "root"))) != nil)
        var rules = Self.rules
        rules.allows = ContainerAllowances()
        for run in [
            ContainerRun(ports: ["127.0.0.1:8080:80"]), ContainerRun(volumes: ["web-data:/data"]),
            ContainerRun(network: "shop"), ContainerRun(user: "1000"),
        ] {
            #expect(Self.refusal(Self.rollout(run: run), rules) != nil)
        }
        #expect(Self.refusal(Self.rollout(), rules) == nil)
    }

    // MARK: - What the engine and others on the host see of a container

    @Test(arguments: ["syslog", "fluentd", "awslogs", "gelf", "splunk", "gcplogs", "vendor/plugin:1"])
    func `A log driver that has the engine connect elsewhere is refused`(driver: String) {
        let run = ContainerRun(logging: .init(driver: driver, options: ["syslog-address": "tcp://127.0.0.1:5672"]))
        #expect(
            Self.refusal(Self.rollout(run: run))
                == "the environment “production” allows the log driver “\(driver)” to no container; it allows none. To allow "
                + "it: slipway environment set production --log-driver=\(driver)")
        var rules = Self.rules
        rules.allows.logDrivers = [driver]
        #expect(Self.refusal(Self.rollout(run: run), rules) == nil)
    }

    @Test func `What a container prints may stay on its host, under its own name`() {
        for driver in ["json-file", "local", "none", "journald"] {
            let run = ContainerRun(logging: .init(driver: driver, options: ["mode": "non-blocking"]))
            #expect(Self.refusal(Self.rollout(run: run)) == nil)
        }
        // In the journal any field may be set by a variable or a label, the program's name too.
        for option in ["tag", "env", "env-regex", "labels", "labels-regex"] {
            let forged = ContainerRun(
                logging: .init(driver: "journald", options: [option: "x", "mode": "non-blocking"]))
            #expect(
                Self.refusal(Self.rollout(run: forged))?.contains(
                    "the log driver “journald” with the option “\(option)” to no container") == true)
        }
    }

    @Test func `Labels are refused but for those that are listed, and all are named at once`() {
        let run = ContainerRun(labels: [
            "traefik.enable": "true", "traefik.http.routers.x.rule": "Host(`pay.example`)", "tier": "front",
        ])
        var rules = Self.rules
        rules.allows.labels = ["tier"]
        #expect(
            Self.refusal(Self.rollout(run: run), rules)
                == "the environment “production” allows the labels “traefik.enable”, “traefik.http.routers.x.rule” to no "
                + "container; it allows tier. To allow them: slipway environment set production --label=tier "
                + "--label=traefik.enable --label=traefik.http.routers.x.rule")
        rules.allows.labels = ["tier", "traefik.*"]
        #expect(Self.refusal(Self.rollout(run: run), rules) == nil)
        // A value that is named is the only one.
        rules.allows.labels = ["tier", "traefik.enable", "traefik.http.routers.x.rule=Host(`shop.example`)"]
        #expect(
            Self.refusal(Self.rollout(run: run), rules)?.contains("the label “traefik.http.routers.x.rule”") == true)
        var own = run
        own.labels["traefik.http.routers.x.rule"] = "Host(`shop.example`)"
        #expect(Self.refusal(Self.rollout(run: own), rules) == nil)
    }

    @Test(arguments: [
        "com.docker.compose.project", "com.docker.compose.service", "io.docker.x", "slipway.dev/owner",
        "dev.slipway.worker",
    ])
    func `Labels that Slipway and Docker go by are nobody's, whatever is listed`(label: String) {
        var rules = Self.rules
        rules.allows.labels = ["**", "*"]
        #expect(
            Self.refusal(Self.rollout(run: ContainerRun(labels: [label: "x"])), rules)?.hasPrefix(
                "the label “\(label)” is refused: it is one of ") == true)
        rules.allows.labels = [label]
        #expect(EnvironmentOperations.problem(with: rules) != nil)
    }

    @Test func `A container answers to its own name, and to others that are listed`() {
        let run = ContainerRun(network: "shop", aliases: ["web", "payments"])
        #expect(
            Self.refusal(Self.rollout(run: run))
                == "the environment “production” allows the alias “payments” to no container; it allows none. To allow it: "
                + "slipway environment set production --alias=payments")
        var rules = Self.rules
        rules.allows.aliases = ["pay*"]
        #expect(Self.refusal(Self.rollout(run: run), rules) == nil)
    }

    // MARK: - One repository's own

    @Test func `What a repository has of its own stands in the place of what holds for all`() {
        var rules = Self.rules
        rules.repositories = ["shop/*"]
        rules.perRepository = [
            "shop/api": RepositoryRules(
                containers: ["api"], refs: ["refs/heads/dev"], allows: ContainerAllowances(volumes: ["api-data"]))
        ]
        func refusal(_ repository: String, _ ref: String, _ container: String, _ volume: String) -> String? {
            let run = ContainerRun(volumes: ["\(volume):/data"])
            let rollout = Self.rollout(repository: repository, ref: ref, container: container, run: run)
            let environment = Self.environment(rules).narrowed(to: rollout.repository)
            guard case .refused(let reason) = environment.decide(rollout, at: Timestamp(milliseconds: 0)) else {
                return nil
            }
            return reason
        }
        #expect(refusal("shop/api", "refs/heads/dev", "api", "api-data") == nil)
        #expect(refusal("shop/web", "refs/heads/main", "web", "web-data") == nil)
        #expect(refusal("shop/api", "refs/heads/dev", "api", "web-data")?.contains("--for=shop/api") == true)
        #expect(refusal("shop/api", "refs/heads/dev", "web", "api-data")?.contains("--for=shop/api") == true)
        #expect(refusal("shop/api", "refs/heads/main", "api", "api-data")?.contains("--for=shop/api") == true)
        #expect(refusal("shop/web", "refs/heads/dev", "web", "web-data")?.contains("--for") == false)
        #expect(refusal("shop/web", "refs/heads/main", "web", "api-data")?.contains("--for") == false)
        // Approvals, freezes and the pool are the environment's.
        rules.approvals = 1
        rules.pool = "payments"
        let own = rules.rules(for: RepositoryPath(rawValue: "shop/api"))
        #expect(own.approvals == 1 && own.pool == "payments" && own.perRepository == nil)
        #expect(rules.rules(for: RepositoryPath(rawValue: "shop/web")).containers == rules.containers)
    }

    @Test func `Whoever sees one repository sees its own rules, and not those of others`() throws {
        var rules = Self.rules
        rules.perRepository = [
            "shop/api": RepositoryRules(containers: ["api"]), "bank/pay": RepositoryRules(containers: ["pay"]),
        ]
        func seen(_ scope: String) throws -> EnvironmentRules? {
            Self.environment(rules).view.seen(by: Visibility([try #require(RepositoryScope(scope))]))?.rules
        }
        let api = try #require(try seen("shop/api"))
        #expect(api.allRepositories == ["shop/api"] && api.allTargets == ["api"])
        #expect(api.ofRepository == RepositoryRules(clusters: []))
        let web = try #require(try seen("shop/web"))
        #expect(web.perRepository == nil && web.ofRepository == Self.rules.ofRepository)
        #expect(try seen("bank/other") == nil)
    }

    // MARK: - Rules

    @Test(arguments: [
        EnvironmentRules(containers: ["web"], repositories: []), EnvironmentRules(repositories: ["shop/web"]),
        EnvironmentRules(clusters: [], containers: ["web"], repositories: ["shop/web"]),
        EnvironmentRules(clusters: ["payments.east"], containers: ["web"], repositories: ["shop/web"]),
        EnvironmentRules(containers: ["web"], repositories: ["shop/web"], pool: "a b"),
        EnvironmentRules(containers: ["web"], repositories: ["shop/web"], refs: ["main"]),
        EnvironmentRules(workloads: ["web"], repositories: ["shop/web"]),
        EnvironmentRules(containers: ["[web"], repositories: ["shop/web"]),
        EnvironmentRules(containers: ["web"], repositories: ["shop/web"], variables: ["DRONE_BRANCH": "main"]),
        EnvironmentRules(containers: ["web"], repositories: ["shop/web"], url: "javascript:alert(1)"),
        EnvironmentRules(
            containers: ["web"], repositories: ["shop/web"], allows: ContainerAllowances(volumes: ["/srv/*"])),
        EnvironmentRules(
            containers: ["web"], repositories: ["shop/web"], allows: ContainerAllowances(volumes: ["/srv/../etc"])),
        EnvironmentRules(containers: ["web"], repositories: ["shop/web"], allows: ContainerAllowances(ports: ["http"])),
        EnvironmentRules(containers: ["web"], repositories: ["shop/web"], allows: ContainerAllowances(labels: ["[a"])),
        EnvironmentRules(perRepository: ["shop/web": RepositoryRules()]),
        EnvironmentRules(perRepository: ["shop/*": RepositoryRules(containers: ["web"])]),
        EnvironmentRules(perRepository: ["shop/web": RepositoryRules(containers: ["web"], refs: ["main"])]),
    ])
    func `Rules that make no sense are not taken`(rules: EnvironmentRules) {
        #expect(EnvironmentOperations.problem(with: rules) != nil)
        #expect(EnvironmentOperations.problem(with: Self.rules) == nil)
        let own = EnvironmentRules(perRepository: ["shop/web": RepositoryRules(containers: ["web"])])
        #expect(EnvironmentOperations.problem(with: own) == nil)
    }
}

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
                "the environment “production” is not for the repository “shop/api”, but for shop/web") == true)
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
        "/var/run/docker.sock:/s", "foreign-data:/data", "/srv/web-evil:/x",
    ])
    func `A volume that is not on the list is refused`(volume: String) {
        #expect(Self.refusal(Self.rollout(run: ContainerRun(volumes: [volume]))) != nil)
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
    ])
    func `Rules that make no sense are not taken`(rules: EnvironmentRules) {
        #expect(EnvironmentOperations.problem(with: rules) != nil)
        #expect(EnvironmentOperations.problem(with: Self.rules) == nil)
    }
}

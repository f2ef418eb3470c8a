import Contracts
import PipelineLanguage
import Text

/// Where rollouts may go: an object of the platform, whatever a repository's pipeline says. Whether one may is decided
/// before its job is offered and again when a deployer claims it.
struct Environment: Sendable, Equatable {
    var name: String
    var rules: EnvironmentRules
    var note: String?
    var updatedBy: String
    var updatedAt: Timestamp
    /// The repository whose own rules these are; `nil` where they are those for all.
    var repository: RepositoryPath?

    var view: EnvironmentView {
        EnvironmentView(name: name, rules: rules, note: note, updatedBy: updatedBy, updatedAt: updatedAt)
    }

    /// A rollout that is to go somewhere.
    struct Rollout: Sendable, Equatable {
        var repository: RepositoryPath
        var ref: String
        var branch: String?
        var event: Event
        /// As far as the platform knows its texts.
        var deploy: Deploy
        /// The cluster whose deployers are to do it, and their pool.
        var cluster: String
        var pool = WorkerScope.usualPool
        /// The namespace of that cluster's configuration; `nil` where no deployer has told.
        var namespace: String?
        /// What the pipeline itself asks of rollouts to the environment.
        var own: EnvironmentRule?
        /// Whether a deployer had it before: what it began is not held up half way.
        var isBegun = false
        /// What people have said of it.
        var verdicts: [VerdictView] = []
        /// Whom what it changes was given to; `nil` where nobody gave it.
        var adoption: AdoptionView?
    }

    /// What becomes of a rollout.
    enum Decision: Sendable, Equatable {
        /// It may go, by this rule.
        case allowed(RolloutPermit, by: String)
        /// For the reason, with what to do about it.
        case refused(String)
        /// As many have to approve it, or it has to be another time.
        case waiting(String, approvals: Int? = nil, until: Timestamp? = nil)

        /// For the run's trace.
        var words: String {
            switch self {
            case .allowed(_, let rule): "allowed: \(rule)"
            case .refused(let reason): "refused: \(reason)"
            case .waiting(let reason, _, _): "held: it \(reason)"
            }
        }
    }

    /// What a deployer holds the rollout to.
    var permit: RolloutPermit {
        RolloutPermit(
            environment: name, namespaces: rules.namespaces, workloads: rules.workloads,
            containers: rules.containers, allows: rules.allows, url: rules.url, repository: repository)
    }

    /// The environment as it is for a repository: with the rules that this one has of its own, or those for all.
    func narrowed(to repository: RepositoryPath) -> Environment {
        var environment = self
        environment.rules = rules.rules(for: repository)
        if rules.perRepository?[repository.rawValue] != nil { environment.repository = repository }
        return environment
    }

    /// - Parameter zone: What is known of a time zone by its name.
    func decide(
        _ rollout: Rollout, at now: Timestamp,
        zone: (_ name: String) throws(Freeze.Malformed) -> TimeZoneRules = { name throws(Freeze.Malformed) in
            throw .unknown(zone: name)
        }
    ) -> Decision {
        if let reason = refusal(of: rollout) { return .refused(reason) }
        if !rollout.isBegun, let wait = wait(of: rollout, now, zone) { return wait }
        let repositories = rules.repositories.joined(separator: ", ")
        let refs = rules.refs.isEmpty ? "every branch and tag" : rules.refs.joined(separator: ", ")
        let events =
            rules.events.isEmpty
            ? "every event but those of merge requests" : rules.events.map(\.rawValue).joined(separator: ", ")
        return .allowed(
            permit,
            by: "the environment “\(name)” is for \(repositories), \(refs), \(events); this is \(rollout.repository), "
                + "\(rollout.ref), \(rollout.event.rawValue)")
    }

    /// Whether whoever said it may still approve rollouts to it, by the rules; by their account the store says
    /// (``EnvironmentStore/standingVerdicts(of:by:)``).
    func mayApprove(_ verdict: VerdictView) -> Bool {
        Approvers(rules.approvers).may(verdict.name, oneOf: verdict.group.map { [$0] } ?? [], hasChosenName: false)
    }

    private func wait(
        of rollout: Rollout, _ now: Timestamp, _ zone: (String) throws(Freeze.Malformed) -> TimeZoneRules
    ) -> Decision? {
        if let refused = rollout.verdicts.last(where: { !$0.approves && mayApprove($0) }) {
            let why = refused.reason.map { ": \($0)" } ?? ""
            return .refused("\(refused.name) refused the rollout to “\(name)”\(why)")
        }
        let needed = max(rules.approvals, rollout.own?.approvals ?? 0)
        let given = rollout.verdicts.filter { $0.approves && mayApprove($0) }.map(\.name)
        if given.count < needed {
            let by = given.isEmpty ? "" : ", approved by \(given.joined(separator: ", "))"
            let who =
                rules.approvers.isEmpty ? "every maintainer of the repository" : rules.approvers.joined(separator: ", ")
            return .waiting(
                "waits for \(needed - given.count) of \(needed) approvals of the environment “\(name)”\(by); \(who) may "
                    + "approve it", approvals: needed)
        }
        var latest: (end: Timestamp, name: String)?
        for window in rules.freezes {
            let freeze: Freeze
            do {
                freeze = try Freeze(window, zone: zone(window.zone))
            } catch {
                return .refused("the freeze “\(window.name)” of the environment “\(name)” cannot be read: \(error)")
            }
            if let end = freeze.end(at: now), end > latest?.end ?? now { latest = (end, window.name) }
        }
        return latest.map {
            .waiting(
                "waits for the end of the freeze “\($0.name)” of the environment “\(name)” at \($0.end)", until: $0.end)
        }
    }

    private func refusal(of rollout: Rollout) -> String? {
        if let reason = Self.open(rollout.deploy) { return reason }
        guard RolloutPermit.covers(rules.repositories, rollout.repository.rawValue) else {
            return
                "the environment “\(name)” is not for the repository “\(rollout.repository)”; to let it, with what it "
                + "needs itself: "
                + Self.command("set", rollout, "--for=\(ShellWord.quote(rollout.repository.rawValue))")
        }
        let events = rules.events.isEmpty ? Event.allCases.filter { $0 != .pullRequest } : rules.events
        guard events.contains(rollout.event) else {
            let event = rollout.event.rawValue
            return refusal("the event “\(event)”", "event", events.map(\.rawValue), event)
        }
        guard covers(ref: rollout.ref) else {
            return refusal("the ref “\(rollout.ref)”", "ref", rules.refs, rollout.ref, standard: Self.standardRefs)
        }
        if let branches = rollout.own?.branches, !branches.isEmpty,
            !(rollout.branch.map { RolloutPermit.covers(branches, $0) } ?? false)
        {
            return
                "the pipeline itself rolls out to “\(name)” only from \(branches.joined(separator: ", ")), and this is "
                + "\(rollout.branch ?? rollout.ref)"
        }
        if let adoption = rollout.adoption, adoption.repository != rollout.repository {
            return
                "\(adoption.workload) was given to another repository by \(adoption.adoptedBy), so that no other one "
                + "rolls out to it; to give it to this one: slipway environment adopt"
        }
        guard rules.clusters.contains(rollout.cluster) else {
            return refusal("the cluster “\(rollout.cluster)”", "cluster", rules.clusters, rollout.cluster)
        }
        guard (rules.pool ?? WorkerScope.usualPool) == rollout.pool else {
            return
                "the deployers of the environment “\(name)” are now those of the pool “\(rules.pool ?? WorkerScope.usualPool)”, "
                + "and no longer those of “\(rollout.pool)”; run it again"
        }
        return permit.refusal(of: rollout.deploy, own: rollout.namespace, isPartial: true)
    }

    /// Whether it covers a workload of a cluster, whoever may roll out to it.
    /// - Parameters:
    ///   - names: All places the cluster goes by.
    ///   - own: The namespace of its configuration.
    func covers(_ workload: Workload, in namespace: String, of names: [String], own: String?) -> Bool {
        guard rules.clusters.contains(where: { names.contains(deployers(of: $0).place ?? $0) }) else { return false }
        guard RolloutPermit.covers(rules.workloads, workload.description) else { return false }
        return rules.namespaces.isEmpty ? namespace == own : RolloutPermit.covers(rules.namespaces, namespace)
    }

    private func covers(ref: String) -> Bool {
        RolloutPermit.covers(rules.refs.isEmpty ? Self.standardRefs : rules.refs, ref)
    }

    /// What an environment is for that names no refs: branches and tags.
    private static let standardRefs = ["refs/heads/**", "refs/tags/**"]

    /// - Parameter standard: What holds where nothing is named: a list that names something has to name that, too.
    private func refusal(
        _ what: String, _ option: String, _ entries: [String], _ new: String, standard: [String] = []
    ) -> String {
        let entries = entries.isEmpty ? standard : entries
        return "the environment “\(name)” is not for \(what), but for \(RolloutPermit.list(entries)); to let it: "
            + RolloutPermit.command(name, of: repository, option, entries, [new])
    }

    /// Where a rollout goes is known before anything of the run has run: what a step hands on cannot choose it.
    private static func open(_ deploy: Deploy) -> String? {
        let fields: [(String, String?)] = [
            ("environment", deploy.environment), ("cluster", deploy.cluster), ("namespace", deploy.namespace),
            ("workload", deploy.workload?.name), ("container", deploy.container),
        ]
        for case (let field, let text?) in fields where text.contains("${") {
            return
                "where the step rolls out to is not known before the run: “\(field)” is “\(text)”; write it plainly, or "
                + "as a parameter"
        }
        return nil
    }

    /// The deployers of one of its clusters.
    private func deployers(of cluster: String) -> WorkerScope {
        WorkerScope(pool: rules.pool ?? WorkerScope.usualPool, cluster: cluster)
    }

    /// The deployers that a step means.
    static func deployers(of deploy: Deploy, _ environment: Environment?) -> WorkerScope {
        WorkerScope(
            pool: environment?.rules.pool ?? WorkerScope.usualPool, cluster: cluster(of: deploy, environment))
    }

    /// The cluster that a step means which names none: the default one, or the environment's only one.
    static func cluster(of deploy: Deploy, _ environment: Environment?) -> String {
        if let cluster = deploy.cluster { return cluster }
        guard let clusters = environment?.rules.clusters, clusters.count == 1, let only = clusters.first else {
            return defaultCluster
        }
        return only
    }

    static let defaultCluster = "default"

    /// Why a rollout is refused whose environment there is not, with the command that makes it.
    static func missing(_ rollout: Rollout) -> String {
        let deploy = rollout.deploy
        if let reason = open(deploy) { return reason }
        return "there is no environment “\(deploy.environment)”; somebody who may say where rollouts go makes it: "
            + command("add", rollout, "--repo=\(ShellWord.quote(rollout.repository.rawValue))")
    }

    /// The command that lets a rollout go where it is to go.
    private static func command(_ verb: String, _ rollout: Rollout, _ whose: String) -> String {
        let deploy = rollout.deploy
        var words = ["slipway environment \(verb) \(ShellWord.quote(deploy.environment)) \(whose)"]
        func add(_ option: String, _ value: some StringProtocol) {
            words.append("--\(option)=\(ShellWord.quote(value))")
        }
        if let branch = rollout.branch, rollout.ref == "refs/heads/\(branch)" {
            add("branch", branch)
        } else {
            add("ref", rollout.ref)
        }
        if rollout.event == .pullRequest { add("event", rollout.event.rawValue) }
        if rollout.cluster != defaultCluster { add("cluster", rollout.cluster) }
        if let workload = deploy.workload {
            if let namespace = deploy.namespace { add("namespace", namespace) }
            add("workload", workload.description)
        } else {
            add("container", deploy.container)
            // Nothing that opens the host to a container is to be pasted without a thought: volumes and users are asked
            // for one by one.
            let allows =
                deploy.run.map { ContainerDemands(of: $0, as: deploy.container).allowances } ?? ContainerAllowances()
            for network in allows.networks where network != "host" { add("network", network) }
            for port in allows.ports { add("port", port) }
        }
        return words.joined(separator: " ")
    }
}

extension ApprovalView {
    /// Whether an account of this name, one of these groups, may refuse the rollout: each that may approve it, as long as it
    /// waits.
    func mayBeRefused(by name: String, oneOf groups: [String] = [], hasChosenName: Bool = false) -> Bool {
        Approvers(approvers).may(name, oneOf: groups, hasChosenName: hasChosenName)
    }

    /// Whether an account of this name, one of these groups, may approve the rollout, and has not.
    func waits(for name: String, oneOf groups: [String] = [], hasChosenName: Bool = false) -> Bool {
        until == nil && mayBeRefused(by: name, oneOf: groups, hasChosenName: hasChosenName)
            && !given.contains { $0.name == name }
    }
}

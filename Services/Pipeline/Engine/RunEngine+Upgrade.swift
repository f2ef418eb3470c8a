import Contracts
import Logging
import PipelineLanguage
import Storage

/// What an installation of before is given at its first start with environments, or with more of their lists.
extension RunEngine {
    /// Makes environments of what was last rolled out to each workload and container, so that the next push goes where the
    /// last one went: its repository, its ref, and what of the host it used. What a repository used is its own: where
    /// several named one environment, each has rules of its own in it. Rollouts of merge requests are left out: who may
    /// propose a change may not choose where it goes.
    func makeEnvironmentsOfRollouts() async throws {
        try await store.write { transaction in
            if try transaction.environments.isDue(.environments) {
                try make(Self.collected(try lastRollouts(in: transaction)), in: transaction)
                try transaction.environments.finish(.environments)
            }
            if try transaction.environments.isDue(.allowances) {
                try allowWhatWasFree(try lastRollouts(in: transaction), in: transaction)
                try transaction.environments.finish(.allowances)
            }
            for environment in try transaction.environments.all()
            where environment.updatedBy == Self.upgrader && environment.rules.repositories.count > 1 {
                logger.warning(
                    "repositories share an environment that an upgrade made; give each its own: slipway environment set --for",
                    metadata: ["name": "\(environment.name)"])
            }
        }
    }

    private static let upgrader = "upgrade"

    /// A rollout of before that came to a good end.
    fileprivate struct LastRollout {
        var workload: String
        var summary: RunSummary
        var deploy: Deploy

        var run: String { "\(summary.repository)#\(summary.number)" }
        var demands: ContainerDemands? { deploy.run.map { ContainerDemands(of: $0, as: deploy.container) } }
    }

    /// What becomes one environment.
    private struct Collected {
        var rules: [RepositoryPath: RepositoryRules] = [:]
        var runs: [String] = []
        var unread: [String] = []

        /// Those of one repository are the environment's own; of several each has its own.
        var all: EnvironmentRules {
            guard rules.count == 1, let (repository, own) = rules.first else {
                return EnvironmentRules(
                    repositories: [],
                    perRepository: Dictionary(uniqueKeysWithValues: rules.map { ($0.key.rawValue, $0.value) }))
            }
            return EnvironmentRules(repositories: [], perRepository: [repository.rawValue: own]).rules(for: repository)
        }
    }

    private static func collected(_ rollouts: [LastRollout]) -> [String: Collected] {
        var made: [String: Collected] = [:]
        for last in rollouts {
            var one = made[last.deploy.environment] ?? Collected()
            let repository = last.summary.repository
            one.rules[repository, default: RepositoryRules(clusters: [])].add(last)
            if !one.runs.contains(last.run) { one.runs.append(last.run) }
            one.unread += (last.demands?.unread ?? []).map { "\($0) of \(last.run)" }
            made[last.deploy.environment] = one
        }
        return made
    }

    private func make(_ made: [String: Collected], in transaction: Transaction) throws {
        for (name, one) in made where try transaction.environments.find(name) == nil {
            var note =
                "made of the last rollouts before environments were kept: \(one.runs.sorted().joined(separator: ", "))"
            if !one.unread.isEmpty {
                note +=
                    "; not known, so not allowed yet: \(one.unread.joined(separator: ", ")) (slipway environment set)"
                logger.warning(
                    "an environment does not allow all that earlier rollouts used; see slipway environment show",
                    metadata: ["name": "\(name)", "reason": "\(one.unread.joined(separator: ", "))"])
            }
            try transaction.environments.save(
                Environment(
                    name: name, rules: one.all, note: note, updatedBy: Self.upgrader, updatedAt: transaction.now))
            try transaction.audit(.upgradeEnvironment, of: name, after: try JSONValue(encoding: one.all))
            logger.notice(
                "an environment was made of earlier rollouts; see slipway environment list",
                metadata: ["name": "\(name)"])
        }
    }

    /// Lets rollouts go on with the labels, aliases and log drivers that they used while no environment listed them.
    private func allowWhatWasFree(_ rollouts: [LastRollout], in transaction: Transaction) throws {
        for last in rollouts {
            let used = last.demands?.allowances ?? ContainerAllowances()
            let free = ContainerAllowances(
                labels: used.labels, aliases: used.aliases, logDrivers: used.logDrivers)
            let repository = last.summary.repository
            guard free != ContainerAllowances(),
                var environment = try transaction.environments.find(last.deploy.environment)
            else { continue }
            let before = try JSONValue(encoding: environment.rules)
            if environment.rules.perRepository?[repository.rawValue] != nil {
                environment.rules.perRepository?[repository.rawValue]?.allows.add(free)
            } else if RolloutPermit.covers(environment.rules.repositories, repository.rawValue) {
                environment.rules.allows.add(free)
            } else {
                continue
            }
            try transaction.environments.save(environment)
            try transaction.audit(
                .upgradeEnvironment, of: environment.name, in: repository, before: before,
                after: try JSONValue(encoding: environment.rules))
            logger.notice(
                "an environment allows the labels, aliases and log drivers that were in use; see slipway environment show",
                metadata: ["name": "\(environment.name)", "run": "\(last.run)"])
        }
    }

    private func lastRollouts(in transaction: Transaction) throws -> [LastRollout] {
        try transaction.environments.lastRollouts().compactMap { last in
            guard let (summary, deploy) = try rollout(of: last.run, stage: last.stage, step: last.step, in: transaction)
            else {
                logger.warning(
                    "no environment is made of a rollout: its process cannot be read",
                    metadata: ["run": "\(last.run)", "name": "\(last.workload)"])
                return nil
            }
            guard summary.event != .pullRequest else { return nil }
            return LastRollout(workload: last.workload, summary: summary, deploy: deploy)
        }
    }

    private func rollout(
        of run: RunID, stage: Int, step: String, in transaction: Transaction
    ) throws -> (summary: RunSummary, deploy: Deploy)? {
        guard let summary = try transaction.runs.summary(run), let details = try transaction.runs.details(run),
            let digest = details.choice?.digest, let document = try transaction.components.process(digest)
        else { return nil }
        let plan: Plan
        do {
            plan = try Self.plan(document, summary: summary, details: details, configuration)
        } catch {
            return nil
        }
        guard plan.process.stages.indices.contains(stage),
            let deploy = plan.process.stages[stage].step(step)?.deploy
        else { return nil }
        return (summary, deploy)
    }
}

extension RepositoryRules {
    fileprivate mutating func add(_ last: RunEngine.LastRollout) {
        func add(_ value: String, to list: WritableKeyPath<RepositoryRules, [String]>) {
            if !self[keyPath: list].contains(value) { self[keyPath: list].append(value) }
        }
        let (deploy, ref) = (last.deploy, last.summary.ref)
        add(deploy.cluster ?? Environment.defaultCluster, to: \.clusters)
        add(ref.hasPrefix("refs/tags/") ? "refs/tags/**" : ref, to: \.refs)
        guard let kind = deploy.workload else {
            add(deploy.container, to: \.containers)
            if let demands = last.demands { allows.add(demands.allowances) }
            return
        }
        add(kind.description, to: \.workloads)
        // As cluster/namespace/deployment/web.
        let parts = last.workload.split(separator: "/")
        if let namespace = deploy.namespace ?? (parts.count == 4 ? String(parts[1]) : nil) {
            add(namespace, to: \.namespaces)
        }
    }
}

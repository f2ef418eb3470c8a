import Contracts
import Logging
import PipelineLanguage
import Storage

/// What an installation of before is given at its first start with environments.
extension RunEngine {
    /// Makes an environment of what was last rolled out to each workload and container, so that the next push goes where
    /// the last one went: its repository, its ref, and the networks, ports and volumes it used. Those of merge requests
    /// are left out: who may propose a change may not choose where it goes.
    func makeEnvironmentsOfRollouts() async throws {
        try await store.write { transaction in
            guard try transaction.environments.isUpgradeDue() else { return }
            var made: [String: (rules: EnvironmentRules, runs: [String], unread: [String])] = [:]
            for last in try transaction.environments.lastRollouts() {
                guard let rollout = try rollout(of: last.run, stage: last.stage, step: last.step, in: transaction)
                else {
                    logger.warning(
                        "no environment is made of a rollout: its process cannot be read",
                        metadata: ["run": "\(last.run)", "name": "\(last.workload)"])
                    continue
                }
                guard rollout.summary.event != .pullRequest else { continue }
                let name = rollout.deploy.environment
                var (rules, runs, unread) = made[name] ?? (EnvironmentRules(clusters: []), [], [])
                rules.add(rollout.deploy, of: rollout.summary, workload: last.workload)
                let run = "\(rollout.summary.repository)#\(rollout.summary.number)"
                if !runs.contains(run) { runs.append(run) }
                unread += (rollout.deploy.run.map(ContainerAllowances.unread) ?? []).map { "\($0) of \(run)" }
                made[name] = (rules, runs, unread)
            }
            for (name, (rules, runs, unread)) in made where try transaction.environments.find(name) == nil {
                var note =
                    "made of the last rollouts before environments were kept: \(runs.sorted().joined(separator: ", "))"
                if !unread.isEmpty {
                    note +=
                        "; not known, so not allowed yet: \(unread.joined(separator: ", ")) (slipway environment set)"
                    logger.warning(
                        "an environment does not allow all that earlier rollouts used; see slipway environment show",
                        metadata: ["name": "\(name)", "reason": "\(unread.joined(separator: ", "))"])
                }
                try transaction.environments.save(
                    Environment(
                        name: name, rules: rules, note: note, updatedBy: "upgrade", updatedAt: transaction.now))
                logger.notice(
                    "an environment was made of earlier rollouts; see slipway environment list",
                    metadata: ["name": "\(name)"])
            }
            try transaction.environments.finishUpgrade()
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

extension EnvironmentRules {
    /// - Parameter workload: What the rollout changed, as `cluster/namespace/deployment/web` or `host/container/web`.
    fileprivate mutating func add(_ deploy: Deploy, of run: RunSummary, workload: String) {
        func add(_ value: String, to list: WritableKeyPath<EnvironmentRules, [String]>) {
            if !self[keyPath: list].contains(value) { self[keyPath: list].append(value) }
        }
        add(deploy.cluster ?? Environment.defaultCluster, to: \.clusters)
        add(run.repository.rawValue, to: \.repositories)
        add(run.ref.hasPrefix("refs/tags/") ? "refs/tags/**" : run.ref, to: \.refs)
        guard let kind = deploy.workload else {
            add(deploy.container, to: \.containers)
            let used = deploy.run.map(ContainerAllowances.init(asking:)) ?? ContainerAllowances()
            for volume in used.volumes { add(volume, to: \.allows.volumes) }
            for network in used.networks { add(network, to: \.allows.networks) }
            for port in used.ports { add(port, to: \.allows.ports) }
            for user in used.users { add(user, to: \.allows.users) }
            return
        }
        add(kind.description, to: \.workloads)
        let parts = workload.split(separator: "/")
        if let namespace = deploy.namespace ?? (parts.count == 4 ? String(parts[1]) : nil) {
            add(namespace, to: \.namespaces)
        }
    }
}

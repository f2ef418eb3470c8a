import Contracts
import PipelineLanguage
import Text

/// The environments: where rollouts may go, and whose.
struct EnvironmentOperations: Sendable {
    let engine: RunEngine

    private var store: PipelineStore { engine.store }

    /// Those that may be for a repository that they see.
    func all(as principal: Principal) async throws -> [EnvironmentView] {
        try principal.require(.seeEnvironments)
        let visibility = principal.visibility(.seeEnvironments)
        return try await store.read { try $0.environments.all().compactMap { $0.view.seen(by: visibility) } }
    }

    func view(_ name: String, as principal: Principal) async throws -> EnvironmentView {
        try principal.require(.seeEnvironments)
        let visibility = principal.visibility(.seeEnvironments)
        return try await store.read { tables in
            guard var view = try tables.environments.find(name)?.view.seen(by: visibility) else {
                throw OperationError.unknown(environment: name)
            }
            let adopted = try tables.environments.adoptions(in: name).filter { visibility.covers($0.repository) }
            if !adopted.isEmpty { view.adopted = adopted }
            return view
        }
    }

    /// Gives a workload or a container that the environment covers to a repository it is for: its next rollout marks it,
    /// whatever mark it bears, and those of others are refused.
    func adopt(
        _ request: AdoptionRequest, in name: String, by principal: Principal
    ) async throws -> AdoptionView {
        try principal.require(.adopt)
        return try await store.write(as: principal) { transaction in
            guard let environment = try transaction.environments.find(name)?.narrowed(to: request.repository) else {
                throw OperationError.unknown(environment: name)
            }
            _ = try RepositoryOperations.find(request.repository, in: transaction, as: principal)
            let deploy = try Self.deploy(request, in: name)
            let cluster = Environment.deployers(of: deploy, environment).place ?? Environment.defaultCluster
            let known = try transaction.clusters.find(cluster)
            if let reason = environment.permit.refusal(of: deploy, own: known.namespace) {
                throw OperationError(.conflict, "not_covered", reason)
            }
            guard RolloutPermit.covers(environment.rules.repositories, request.repository.rawValue) else {
                throw OperationError(
                    .conflict, "not_covered",
                    "the environment “\(name)” is not for the repository “\(request.repository)”",
                    remedy: "let it first: slipway environment set \(name) --repo …")
            }
            let adoption = AdoptionView(
                workload: JobRouting.workload(of: deploy) { _ in (cluster, known) }, repository: request.repository,
                adoptedBy: principal.name, adoptedAt: transaction.now)
            let before = try transaction.environments.adoption(of: adoption.workload)
            try transaction.environments.adopt(adoption, in: name)
            try transaction.audit(
                .adopt, by: principal, of: name, in: request.repository, before: before.map { try .audited($0) },
                after: .audited(adoption))
            return adoption
        }
    }

    /// What is to be adopted, as a step would name it.
    private static func deploy(_ request: AdoptionRequest, in name: String) throws -> Deploy {
        switch (request.workload, request.container) {
        case (let text?, nil):
            guard let workload = Workload(text) else {
                throw OperationError.invalid(
                    "malformed_workload", "“\(text)” is no workload",
                    remedy: "write deployment/NAME, statefulset/NAME or daemonset/NAME")
            }
            return Deploy(
                environment: name, workload: workload, namespace: request.namespace, container: "", image: "",
                cluster: request.cluster)
        case (nil, let container?):
            return Deploy(environment: name, container: container, image: "", cluster: request.cluster)
        default:
            throw OperationError.invalid("malformed_adoption", "give a workload or a container, and not both")
        }
    }

    /// Makes an environment, or puts other rules in the place of those it has.
    /// - Returns: whether it is new.
    func save(_ rules: EnvironmentRules, as name: String, by principal: Principal) async throws -> Bool {
        try principal.require(.saveEnvironment)
        if let problem = EnvironmentName.problem(name) {
            throw OperationError.invalid("malformed_name", problem, remedy: EnvironmentName.remedy)
        }
        if let problem = Self.problem(with: rules, zones: engine.zones) {
            throw OperationError.invalid("malformed_environment", problem)
        }
        return try await store.write(as: principal) { transaction in
            let known = try transaction.environments.find(name)
            if let problem = try Self.nested(rules, name, in: transaction) {
                throw OperationError(.conflict, "nested_folders", problem)
            }
            // Where it came from is no longer why it is so.
            try transaction.environments.save(
                Environment(
                    name: name, rules: rules, updatedBy: principal.name, updatedAt: transaction.now))
            try transaction.audit(
                .saveEnvironment, by: principal, of: name, before: known.map { try .audited($0.rules) },
                after: .audited(rules))
            let change =
                "the rules of the environment “\(name)” were changed by \(principal.name) at \(transaction.now)"
            try reconsider(name, known?.rules == rules ? nil : change, in: transaction)
            return known == nil
        }
    }

    /// Removes an environment: nothing is rolled out to it any more, and what runs there stays.
    func remove(_ name: String, as principal: Principal) async throws {
        try principal.require(.removeEnvironment)
        try await store.write(as: principal) { transaction in
            guard let known = try transaction.environments.find(name), try transaction.environments.remove(name) else {
                throw OperationError.unknown(environment: name)
            }
            try transaction.audit(.removeEnvironment, by: principal, of: name, before: .audited(known.rules))
            try reconsider(
                name, "the environment “\(name)” was removed by \(principal.name) at \(transaction.now)",
                in: transaction)
        }
    }

    /// What waits may go now, or has to wait for somebody else.
    /// - Parameter change: What a person did, for the traces of the runs that wait.
    private func reconsider(_ name: String, _ change: String?, in transaction: Transaction) throws {
        let executor = RunExecutor(engine, transaction)
        for job in try transaction.jobs.waiting(for: name) {
            try executor.update(job.run) { $0.reconsider(job.id, change) }
        }
    }
}

extension EnvironmentView {
    /// The environment as somebody sees it: for repositories that they may see; `nil` where it is for none of these.
    func seen(by visibility: Visibility) -> EnvironmentView? {
        if visibility.isAll { return self }
        var seen = self
        seen.rules.repositories = rules.repositories.filter { visibility.mayCover([$0]) }
        let own = rules.perRepository?.filter { visibility.covers(RepositoryPath(rawValue: $0.key)) } ?? [:]
        seen.rules.perRepository = own.isEmpty ? nil : own
        guard seen.rules.repositories.isEmpty else { return seen }
        // What holds for others is not theirs to see.
        seen.rules.ofRepository = RepositoryRules(clusters: [])
        return own.isEmpty ? nil : seen
    }
}

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
        return try await store.write { transaction in
            guard let environment = try transaction.environments.find(name) else {
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
            try transaction.environments.adopt(adoption, in: name)
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
        return try await store.write { transaction in
            let known = try transaction.environments.find(name)
            // Where it came from is no longer why it is so.
            try transaction.environments.save(
                Environment(
                    name: name, rules: rules, updatedBy: principal.name, updatedAt: transaction.now))
            let change =
                "the rules of the environment “\(name)” were changed by \(principal.name) at \(transaction.now)"
            try reconsider(name, known?.rules == rules ? nil : change, in: transaction)
            return known == nil
        }
    }

    /// Removes an environment: nothing is rolled out to it any more, and what runs there stays.
    func remove(_ name: String, as principal: Principal) async throws {
        try principal.require(.removeEnvironment)
        try await store.write { transaction in
            guard try transaction.environments.remove(name) else { throw OperationError.unknown(environment: name) }
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

    /// What is wrong with rules, with what to write instead; `nil` where nothing is.
    static func problem(with rules: EnvironmentRules, zones: TimeZones = TimeZones()) -> String? {
        if !(0...100).contains(rules.approvals) { return "“\(rules.approvals)” is no number of approvals: 0 to 100" }
        for window in rules.freezes {
            do throws(Freeze.Malformed) {
                _ = try Freeze(window, zone: zones.rules(of: window.zone))
            } catch {
                return error.text
            }
        }
        let globs = [
            ("namespace", rules.namespaces), ("workload", rules.workloads), ("container", rules.containers),
            ("repository", rules.repositories), ("ref", rules.refs), ("network", rules.allows.networks),
            ("approver", rules.approvers), ("user", rules.allows.users), ("volume", rules.allows.volumes),
        ]
        for (what, patterns) in globs {
            for pattern in patterns {
                do {
                    _ = try Glob(pattern)
                } catch {
                    return "“\(pattern)” is no pattern of a \(what): \(error)"
                }
            }
        }
        if rules.clusters.isEmpty {
            return "an environment is on a cluster or a Docker host; the usual one is called default"
        }
        for cluster in rules.clusters where !WorkerScope.isCluster(cluster) {
            return "“\(cluster)” is no name of a cluster or Docker host: letters, digits and “-”"
        }
        if let pool = rules.pool, !WorkerScope.isPool(pool) {
            return "“\(pool)” is no name of a pool: up to 100 letters, digits, “_”, “-” and “.”"
        }
        if rules.workloads.isEmpty, rules.containers.isEmpty {
            return
                "an environment covers workloads such as deployment/web or containers such as web, and this one names none"
        }
        if rules.repositories.isEmpty {
            return "an environment is for repositories such as shop/web, and this one names none"
        }
        for ref in rules.refs where !ref.hasPrefix("refs/") {
            return "“\(ref)” is no ref: write refs/heads/\(ref) for a branch, refs/tags/\(ref) for a tag"
        }
        for workload in rules.workloads where Workload(workload) == nil && !workload.hasPrefix("*") {
            return "“\(workload)” is no workload: write deployment/NAME, statefulset/NAME or daemonset/NAME, or */NAME"
        }
        for port in rules.allows.ports where ContainerAllowances.port(port) == nil {
            return "“\(port)” is no port such as 8080, 8000-8010, 127.0.0.1:8080, or 127.0.0.1:0 for any that is free"
        }
        for volume in rules.allows.volumes where volume.hasPrefix("/") && ContainerAllowances.leadsElsewhere(volume) {
            return "“\(volume)” is no folder's whole path: it has “.”, “..” or “//” in it"
        }
        for volume in rules.allows.volumes
        where volume.hasPrefix("/") && volume.contains(where: { "*?[{".contains($0) }) {
            return
                "“\(volume)” is a pattern of folders: name each folder of the host itself, since a container can make "
                + "others in those it has"
        }
        if let url = rules.url, !url.hasPrefix("https://"), !url.hasPrefix("http://") {
            return "“\(url)” is no address of a page: it begins with https:// or http://"
        }
        for name in rules.variables.keys where !isVariable(name) {
            return "“\(name)” is no name of a variable: letters, digits and “_”, and not DRONE_…, CI_… or SLIPWAY_…"
        }
        return nil
    }

    private static func isVariable(_ name: String) -> Bool {
        let isPlain = name.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "_")
        }
        let isReserved = ["DRONE_", "CI_", "SLIPWAY_"].contains { name.hasPrefix($0) } || name == "CI"
        return isPlain && !isReserved && name.first.map { !$0.isNumber } ?? false
    }
}

extension EnvironmentView {
    /// The environment as somebody sees it: for repositories that they may see; `nil` where it is for none of these.
    fileprivate func seen(by visibility: Visibility) -> EnvironmentView? {
        if visibility.isAll { return self }
        var seen = self
        seen.rules.repositories = rules.repositories.filter { visibility.mayCover([$0]) }
        return seen.rules.repositories.isEmpty ? nil : seen
    }
}

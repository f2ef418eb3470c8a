extension EnvironmentRules {
    /// What it lets through, in words and in the order people read it, in the terminal and on pages alike. Where a list is
    /// empty it says what holds then.
    public var facts: [(name: String, value: String)] {
        var facts: [(name: String, value: String)] = []
        if !repositories.isEmpty {
            facts.append(("repositories", repositories.joined(separator: ", ")))
            facts += ofRepository.facts
        }
        for repository in ownRepositories {
            let own = rules(for: RepositoryPath(rawValue: repository)).ofRepository.facts
            facts.append(("for \(repository)", own.map { "\($0.name): \($0.value)" }.joined(separator: "; ")))
        }
        if let pool { facts.append(("deployers", "of the pool \(pool)")) }
        if approvals > 0 {
            let who = approvers.isEmpty ? "every maintainer of the repository" : approvers.joined(separator: ", ")
            facts.append(("approvals", "\(approvals) of \(who)"))
        }
        if !freezes.isEmpty {
            let windows = freezes.map { "\($0.name): \($0.from) - \($0.until) \($0.zone)" }
            facts.append(("freezes", windows.joined(separator: ", ")))
        }
        return facts
    }

    /// All repositories that may roll out to it.
    public var allRepositories: [String] { unique([repositories, ownRepositories]) }

    /// All workloads and containers it covers, whoever may roll out to them.
    public var allTargets: [String] {
        let own = ownRepositories.compactMap { perRepository?[$0] }
        return unique([workloads, containers] + own.flatMap { [$0.workloads, $0.containers] })
    }

    /// All clusters and Docker hosts it is on.
    public var allClusters: [String] {
        unique((repositories.isEmpty ? [] : [clusters]) + ownRepositories.compactMap { perRepository?[$0]?.clusters })
    }

    private func unique(_ lists: [[String]]) -> [String] {
        lists.joined().reduce(into: []) { found, entry in
            if !found.contains(entry) { found.append(entry) }
        }
    }
}

extension RepositoryRules {
    fileprivate var facts: [(name: String, value: String)] {
        var facts: [(name: String, value: String)] = []
        func add(_ name: String, _ values: [String], none: String? = nil) {
            guard let value = values.isEmpty ? none : values.joined(separator: ", ") else { return }
            facts.append((name, value))
        }
        add("refs", refs, none: "every branch and tag")
        add("events", events.map(\.rawValue), none: "all but those of merge requests")
        add("on", clusters)
        if !workloads.isEmpty { add("namespaces", namespaces, none: "the one of the cluster's configuration") }
        add("workloads", workloads)
        add("containers", containers)
        guard !containers.isEmpty else { return facts }
        add("volumes", allows.volumes, none: "none")
        add("networks", allows.networks, none: "the engine's own")
        add("ports", allows.ports, none: "none")
        add("users", allows.users, none: "the image's own")
        add("labels", allows.labels, none: "none")
        add("aliases", allows.aliases, none: "its own name")
        add("log drivers", allows.logDrivers, none: "those that keep what it prints on the host")
        return facts
    }
}

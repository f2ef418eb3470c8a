extension EnvironmentRules {
    /// What it lets through, in words and in the order people read it, in the terminal and on pages alike. Where a list is
    /// empty it says what holds then.
    public var facts: [(name: String, value: String)] {
        var facts: [(name: String, value: String)] = []
        func add(_ name: String, _ values: [String], none: String? = nil) {
            guard let value = values.isEmpty ? none : values.joined(separator: ", ") else { return }
            facts.append((name, value))
        }
        add("repositories", repositories)
        add("refs", refs, none: "every branch and tag")
        add("events", events.map(\.rawValue), none: "all but those of merge requests")
        add("on", clusters)
        if let pool { add("deployers", ["of the pool \(pool)"]) }
        if !workloads.isEmpty { add("namespaces", namespaces, none: "the one of the cluster's configuration") }
        add("workloads", workloads)
        add("containers", containers)
        if !containers.isEmpty {
            add("volumes", allows.volumes, none: "none")
            add("networks", allows.networks, none: "the engine's own")
            add("ports", allows.ports, none: "none")
            add("users", allows.users, none: "the image's own")
        }
        if approvals > 0 {
            let who = approvers.isEmpty ? "every maintainer of the repository" : approvers.joined(separator: ", ")
            add("approvals", ["\(approvals) of \(who)"])
        }
        add("freezes", freezes.map { "\($0.name): \($0.from) - \($0.until) \($0.zone)" })
        return facts
    }
}

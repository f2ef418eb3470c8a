import Contracts
import Hummingbird

/// Where rollouts may go, and whose.
struct EnvironmentPages {
    let responder: PageResponder
    let environments: EnvironmentOperations

    func register(on router: some RouterMethods<APIContext>) {
        router.page(.get, .environments) { request, _ in
            await responder.show(request) { principal in
                let now = Timestamp.now
                let rows = try await environments.all(as: principal).map { EnvironmentRow($0, now: now) }
                return responder.page(
                    "environments", "Environments", ["environments": rows, "hasEnvironments": !rows.isEmpty],
                    section: .environments, for: principal)
            }
        }
    }
}

/// An environment as its page shows it.
struct EnvironmentRow: Sendable {
    struct Fact: Sendable {
        let what: String
        let value: String
    }

    let name: String
    let url: String?
    let facts: [Fact]
    let updated: String
    let ago: String
    let by: String

    init(_ view: EnvironmentView, now: Timestamp) {
        let rules = view.rules
        name = view.name
        url = rules.url
        var facts: [Fact] = []
        func add(_ what: String, _ values: [String], none: String? = nil) {
            guard let text = values.isEmpty ? none : values.joined(separator: ", ") else { return }
            facts.append(Fact(what: what, value: text))
        }
        add("Repositories", rules.repositories)
        add("Refs", rules.refs, none: "every branch and tag")
        add("Events", rules.events.map(\.rawValue), none: "all but those of merge requests")
        add("On", rules.clusters)
        if !rules.workloads.isEmpty {
            add("Namespaces", rules.namespaces, none: "the one of the cluster's configuration")
        }
        add("Workloads", rules.workloads)
        add("Containers", rules.containers)
        if !rules.containers.isEmpty {
            add("Volumes", rules.allows.volumes, none: "none")
            add("Networks", rules.allows.networks, none: "the engine's own")
            add("Ports", rules.allows.ports, none: "none")
            add("Users", rules.allows.users, none: "the image's own")
        }
        add("Variables", rules.variables.keys.sorted())
        add("Note", [view.note].compactMap { $0 })
        self.facts = facts
        updated = view.updatedAt.description
        ago = TimeText.ago(view.updatedAt, now: now)
        by = view.updatedBy
    }
}

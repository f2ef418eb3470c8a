import Contracts
import Hummingbird

/// Where rollouts may go, and whose.
struct EnvironmentPages {
    let responder: PageResponder
    let environments: EnvironmentOperations

    func register(on router: some RouterMethods<APIContext>) {
        router.page(.get, .environments) { request, context in
            await responder.show(request, context) { principal in
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
        var facts = rules.facts
        // Values may be long, and are for whoever asks for them.
        if !rules.variables.isEmpty {
            facts.append(("variables", rules.variables.keys.sorted().joined(separator: ", ")))
        }
        if let note = view.note { facts.append(("note", note)) }
        self.facts = facts.map { Fact(what: $0.name.prefix(1).uppercased() + $0.name.dropFirst(), value: $0.value) }
        updated = view.updatedAt.description
        ago = TimeText.ago(view.updatedAt, now: now)
        by = view.updatedBy
    }
}

import Contracts

/// A repository's page.
enum RepositoryPage {
    private struct Association: Sendable {
        let component: String
        let scope: String
    }

    private struct Secret: Sendable {
        let name: String
        let owner: String
        let rules: String
    }

    static func content(
        _ view: RepositoryView, _ hook: HookView?, components: [String], secrets: [SecretView]
    ) -> [String: Any] {
        var content: [String: Any] = [
            "path": view.path.rawValue, "href": PagePath.repository.path([view.path.rawValue]),
            "cloneURL": view.cloneURL,
            "branch": view.defaultBranch, "hasToken": view.hasToken, "allowsFile": view.allowsFile,
            "events": Trigger.eventsByHand.map(\.rawValue), "components": components,
            "hasComponents": !components.isEmpty,
            "associations": view.associations.map { Association(component: $0.component, scope: scope($0)) },
            "hasAssociations": !view.associations.isEmpty,
        ]
        content["secrets"] = secrets.map { secret in
            Secret(name: secret.name, owner: secret.owner, rules: (secret.rules ?? SecretRules()).summary)
        }
        content["hasSecrets"] = !secrets.isEmpty
        content["associatedBy"] = view.associatedBy?.text
        content["hookToken"] = hook?.token
        content["hookURL"] = hook?.url ?? view.hookURL
        content["hookHelp"] = hook?.help
        content["forge"] = view.forge.flatMap(Forge.named)?.product
        return content
    }

    /// `push, tag of main, release/*`
    static func scope(_ association: AssociationView) -> String {
        let events =
            association.events.isEmpty ? "every event" : association.events.map(\.rawValue).joined(separator: ", ")
        let branches = association.branches.isEmpty ? "any branch" : association.branches.joined(separator: ", ")
        return "\(events) of \(branches)"
    }
}

/// A line of the list of repositories.
struct RepositoryRow: Sendable {
    let path: String
    let href: String
    let cloneURL: String
    let branch: String
    let sources: [String]

    init(_ view: RepositoryView) {
        path = view.path.rawValue
        href = PagePath.repository.path([view.path.rawValue])
        cloneURL = view.cloneURL
        branch = view.defaultBranch
        sources = (view.allowsFile ? ["its file"] : []) + view.associations.map(\.component)
    }
}

/// A line of the list of repositories that are pushed to and not registered.
struct DiscoveredRow: Sendable {
    let path: String
    /// `3 pushes, the last by ada`
    let pushes: String
    let last: String
    let ago: String
    let command: String

    init(_ view: DiscoveredRepositoryView, now: Timestamp) {
        path = view.path.rawValue
        let count = view.pushes == 1 ? "1 push" : "\(view.pushes) pushes, the last"
        pushes = count + (view.sender.map { " by \($0)" } ?? "")
        last = view.lastPushAt.description
        ago = TimeText.ago(view.lastPushAt, now: now)
        command = view.command
    }
}

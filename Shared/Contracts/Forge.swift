/// A Git server's product, as everyone has to know it beside the gateway, which reads its hooks: what it is called,
/// where its hooks go, what a person enters there, and where a commit's page is.
///
/// ``all`` is the registry. A new forge is an entry here and a folder of the gateway with a reader of its hooks.
public struct Forge: Sendable, Hashable {
    /// What commands, the API and the address of its hooks call it: `gitlab`.
    public let name: String
    /// As people write it.
    public let product: String
    /// How to enter the address and the secret of a repository's hook, for people.
    public let hookHelp: String
    /// What stands between the address of a repository's page and a commit in the address of the commit's page.
    private let commitPath: String
    /// Parts of a host's name that tell the product: `github` of `github.example.com`.
    private let hostLabels: Set<String>

    private init(
        _ name: String, product: String, commitPath: String, hostLabels: Set<String> = [], hookHelp: String
    ) {
        (self.name, self.product, self.commitPath, self.hookHelp) = (name, product, commitPath, hookHelp)
        self.hostLabels = hostLabels.union([name])
    }

    public static let gitlab = Forge(
        "gitlab", product: "GitLab", commitPath: "/-/commit/",
        hookHelp: """
            In GitLab: Settings → Webhooks → Add new webhook. Enter the URL and the secret token, tick push events and \
            tag push events.
            """)
    public static let github = Forge(
        "github", product: "GitHub", commitPath: "/commit/",
        hookHelp: """
            In GitHub: Settings → Webhooks → Add webhook. Enter the URL as payload URL and the secret, choose the \
            content type application/json and just the push event, which tags are part of.
            """)
    /// Forgejo, which began as Gitea, sends the same hooks.
    public static let gitea = Forge(
        "gitea", product: "Gitea", commitPath: "/commit/", hostLabels: ["forgejo", "codeberg"],
        hookHelp: """
            In Gitea or Forgejo: Settings → Webhooks → Add webhook → Gitea (or Forgejo). Enter the URL as target URL and \
            the secret, with POST and application/json, and trigger it on push events, which tags are part of.
            """)

    /// Every forge whose hooks are taken; the first is the one that is meant where nothing tells.
    public static let all = [gitlab, github, gitea]

    /// The forge of a name, or `nil` where there is none.
    public static func named(_ name: String) -> Forge? { all.first { $0.name == name } }

    /// The forge that a clone address most likely leads to, by its host's name.
    public static func guess(cloneURL: String?) -> Forge {
        // A guess has no use for why it is no address: whoever registers it is told.
        guard let cloneURL, let address = try? CloneURL(cloneURL) else { return .gitlab }
        let labels = address.host.prefix { $0 != ":" }.split(separator: ".").map(String.init)
        return all.first { !$0.hostLabels.isDisjoint(with: labels) } ?? .gitlab
    }

    /// The path that hooks are posted to at the gateway.
    public var hookPath: String { "/hooks/\(name)" }

    /// The address that hooks are posted to.
    /// - Parameter gateway: where the forge reaches the gateway, such as `https://hooks.example`.
    public func hookURL(at gateway: String) -> String {
        (gateway.hasSuffix("/") ? String(gateway.dropLast()) : gateway) + hookPath
    }

    /// Where a person sees a commit.
    /// - Parameter projectURL: the repository's page.
    public func commitURL(of sha: String, projectURL: String) -> String { projectURL + commitPath + sha }
}

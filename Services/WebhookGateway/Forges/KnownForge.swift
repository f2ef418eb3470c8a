import NIOHTTP1

/// A Git server's product, recognised by the headers of its hooks, so that a hook at the wrong address is told where it
/// belongs.
struct KnownForge: Equatable {
    /// As people write it.
    let product: String
    /// The ``Forge/name`` its address has, or would have.
    let name: String

    static let gitlab = KnownForge(product: "GitLab", name: "gitlab")

    /// By the header that only its hooks have. Forgejo sends Gitea's, Gogs' and GitHub's beside its own, Gitea Gogs' and
    /// GitHub's: the first that is there counts.
    private static let headers = [
        ("X-Forgejo-Event", KnownForge(product: "Forgejo", name: "forgejo")),
        ("X-Gitea-Event", KnownForge(product: "Gitea", name: "gitea")),
        ("X-Gogs-Event", KnownForge(product: "Gogs", name: "gogs")),
        ("X-Gitee-Event", KnownForge(product: "Gitee", name: "gitee")),
        ("X-GitHub-Event", KnownForge(product: "GitHub", name: "github")),
        ("X-Event-Key", KnownForge(product: "Bitbucket", name: "bitbucket")),
    ]

    /// Whose hook this is, or `nil` where no header tells.
    static func sender(of headers: HTTPHeaders) -> KnownForge? {
        if headers.contains(name: HookHeader.gitlabEvent) { return gitlab }
        return self.headers.first { headers.contains(name: $0.0) }?.1
    }
}

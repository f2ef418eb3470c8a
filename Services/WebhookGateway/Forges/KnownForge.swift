import Contracts
import NIOHTTP1

/// A Git server's product, recognised by its hooks, so that a hook at the wrong address is told where it belongs.
struct KnownForge: Equatable {
    /// As people write it.
    let product: String
    /// The name of the forge its address has, or would have.
    let name: String

    private init(product: String, name: String) {
        (self.product, self.name) = (product, name)
    }

    private init(_ forge: Forge) {
        self.init(product: forge.product, name: forge.name)
    }

    private static let gitlab = KnownForge(Forge.gitlab)
    private static let github = KnownForge(Forge.github)
    private static let bitbucket = KnownForge(product: "Bitbucket", name: "bitbucket")
    private static let azure = KnownForge(product: "Azure DevOps", name: "azure")
    private static let codecommit = KnownForge(product: "AWS CodeCommit (by Amazon SNS)", name: "codecommit")
    private static let coding = KnownForge(product: "Coding", name: "coding")
    private static let gerrit = KnownForge(product: "Gerrit", name: "gerrit")

    /// By the header that only its hooks have. Forgejo sends Gitea's, Gogs' and GitHub's beside its own, Gitea Gogs' and
    /// GitHub's, a test by hand no more than the token: the first that is there counts.
    private static let headers = [
        (HookHeader.gitlabEvent, gitlab),
        (HookHeader.forgejoEvent, KnownForge(product: "Forgejo", name: Forge.gitea.name)),
        (HookHeader.giteaEvent, KnownForge(Forge.gitea)),
        ("X-Gogs-Event", KnownForge(product: "Gogs", name: "gogs")),
        ("X-Gitee-Event", KnownForge(product: "Gitee", name: "gitee")),
        ("X-GitCode-Event", KnownForge(product: "GitCode", name: "gitcode")),
        ("X-Codeup-Event", KnownForge(product: "Codeup", name: "codeup")),
        ("X-Coding-Event", coding),
        (HookHeader.githubEvent, github),
        ("X-Event-Key", bitbucket),
        ("X-OneDev-Signature", KnownForge(product: "OneDev", name: "onedev")),
        ("X-Amz-Sns-Message-Type", codecommit),
        (HookHeader.gitlabToken, gitlab),
    ]

    /// By how the name of its client begins, for what has no specific header.
    private static let agents = [("VSServices/", azure), ("Coding.net Hook", coding)]

    /// By the member that only its hooks have.
    private static let members: [(StaticString, KnownForge)] = [
        ("publisherId", azure), ("eventKey", bitbucket), ("push", bitbucket), ("refUpdate", gerrit),
        ("TopicArn", codecommit), ("pusher", github),
    ]

    /// Whose hook this is, or `nil` where no header tells.
    static func sender(of headers: HTTPHeaders) -> KnownForge? {
        if let found = self.headers.first(where: { headers.contains(name: $0.0) }) { return found.1 }
        guard let agent = headers.first(name: "User-Agent") else { return nil }
        return agents.first { agent.hasPrefix($0.0) }?.1
    }

    /// The product that an address is called after, such as `/hooks/azure`.
    static func addressed(by path: String) -> KnownForge? {
        let name = path.split(separator: "/").last?.lowercased()
        let all = headers.map(\.1) + agents.map(\.1) + members.map(\.1)
        return all.first { $0.name == name || $0.product.lowercased() == name }
    }

    /// Whose hook this is, or `nil` where its JSON does not tell.
    static func sender(of body: [UInt8]) -> KnownForge? {
        var found: KnownForge?
        var scanner = JSONScanner(body)
        do throws(JSONScanError) {
            try scanner.object { (key, scanner) throws(JSONScanError) in
                found = found ?? members.first { key == $0.0 }?.1
                try scanner.skip()
            }
        } catch {
            return found
        }
        return found
    }
}

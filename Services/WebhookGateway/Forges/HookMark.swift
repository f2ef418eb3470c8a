/// What gives a hook away as a product's, wherever it was sent, so that its sender is told where it belongs.
struct HookMark: Sendable {
    /// What is looked at, in this order.
    enum Sign: Sendable {
        /// A header that only its hooks have, and those that borrow it.
        case header(String)
        /// A header that others may have as well: it counts where none of ``header(_:)`` tells.
        case weakHeader(String)
        /// How the name of the client begins (`User-Agent`).
        case agent(String)
        /// A member of the JSON.
        case member(StaticString)
    }

    /// The product, as people write it.
    let product: String
    /// The forge's name, which its hooks' address has, or would have.
    let forge: String
    let sign: Sign
    /// Headers of other products that its hooks have as well, for receivers that know those alone.
    let borrowed: [String]

    init(_ product: String, forge: String, _ sign: Sign, borrowing borrowed: [String] = []) {
        (self.product, self.forge, self.sign, self.borrowed) = (product, forge, sign, borrowed)
    }
}

extension HookMark {
    /// Of products whose hooks are not taken yet: their senders are told so. A forge with a reader has its own instead.
    static let unserved = [
        HookMark("Gogs", forge: "gogs", .header("X-Gogs-Event"), borrowing: ["X-GitHub-Event"]),
        HookMark("Gitee", forge: "gitee", .header("X-Gitee-Event")),
        HookMark("GitCode", forge: "gitcode", .header("X-GitCode-Event")),
        HookMark("Codeup", forge: "codeup", .header("X-Codeup-Event")),
        HookMark("Coding", forge: "coding", .header("X-Coding-Event"), borrowing: ["X-GitHub-Event"]),
        HookMark("Coding", forge: "coding", .agent("Coding.net Hook")),
        HookMark("Bitbucket", forge: "bitbucket", .header("X-Event-Key")),
        HookMark("Bitbucket", forge: "bitbucket", .member("eventKey")),
        HookMark("Bitbucket", forge: "bitbucket", .member("push")),
        HookMark("OneDev", forge: "onedev", .header("X-OneDev-Signature")),
        HookMark("AWS CodeCommit (by Amazon SNS)", forge: "codecommit", .header("X-Amz-Sns-Message-Type")),
        HookMark("AWS CodeCommit (by Amazon SNS)", forge: "codecommit", .member("TopicArn")),
        HookMark("Azure DevOps", forge: "azure", .agent("VSServices/")),
        HookMark("Azure DevOps", forge: "azure", .member("publisherId")),
        HookMark("Gerrit", forge: "gerrit", .member("refUpdate")),
    ]
}

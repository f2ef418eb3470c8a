import Text

/// `GET /api/v1/discovered-repositories`: a repository that is pushed to and not registered. Its pushes run nothing.
public struct DiscoveredRepositoryView: Codable, Sendable, Equatable {
    public var path: RepositoryPath
    /// Where its hook says it is cloned from; absent where that is no address Git fetches from.
    public var cloneURL: String?
    /// The ``Forge/name`` of the forge whose hooks name it.
    public var forge: String?
    public var defaultBranch: String?
    /// What was pushed last.
    public var ref: String
    public var sender: String?
    public var pushes: Int
    public var firstPushAt: Timestamp
    public var lastPushAt: Timestamp
    /// The command that registers it.
    public var command: String

    public init(
        path: RepositoryPath, cloneURL: String?, forge: String? = nil, defaultBranch: String?, ref: String,
        sender: String?, pushes: Int, firstPushAt: Timestamp, lastPushAt: Timestamp
    ) {
        self.path = path
        self.cloneURL = cloneURL
        self.forge = forge
        self.defaultBranch = defaultBranch
        self.ref = ref
        self.sender = sender
        self.pushes = pushes
        self.firstPushAt = firstPushAt
        self.lastPushAt = lastPushAt
        command = path.addCommand(cloneURL: cloneURL, forge: forge, defaultBranch: defaultBranch)
    }
}

extension RepositoryPath {
    /// The command that registers the repository, to be pasted into a shell: what a hook says is quoted where a shell
    /// would read more into it.
    public func addCommand(cloneURL: String?, forge: String? = nil, defaultBranch: String? = nil) -> String {
        var words = ["slipway", "repo", "add", ShellWord.quote(rawValue)]
        words.append(cloneURL.flatMap { CloneURL.isUsable($0) ? ShellWord.quote($0) : nil } ?? "<clone address>")
        if let forge = forge.flatMap(Forge.named), forge != .guess(cloneURL: cloneURL) {
            words += ["--forge=\(forge.name)"]
        }
        if let defaultBranch, defaultBranch != "main", GitRef.branchProblem(defaultBranch) == nil {
            words += ["--branch=\(ShellWord.quote(defaultBranch))"]
        }
        return words.joined(separator: " ")
    }
}

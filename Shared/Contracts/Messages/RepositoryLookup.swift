/// sync asks how to fetch a repository: sync → pipeline, answered at once.
public struct RepositoryLookup: Request {
    public typealias Reply = RepositoryLookupReply

    public var repository: RepositoryPath

    public init(repository: RepositoryPath) {
        self.repository = repository
    }
}

public enum RepositoryLookupReply: Codable, Sendable, Equatable {
    case found(RepositoryAccess)
    case unknown

    /// Where and how a repository is fetched.
    public struct RepositoryAccess: Codable, Sendable, Equatable {
        public var cloneURL: String
        /// The user Git signs in as, or `nil` for a public repository.
        public var username: String?
        /// The token Git signs in with.
        public var token: SealedSecret?

        public init(cloneURL: String, username: String? = nil, token: SealedSecret? = nil) {
            self.cloneURL = cloneURL
            self.username = username
            self.token = token
        }
    }
}

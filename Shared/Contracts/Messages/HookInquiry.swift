/// webhook-gateway asks about a push that has another secret than its repository's: webhook-gateway → pipeline, answered at
/// once.
public struct HookInquiry: Request {
    public typealias Reply = HookInquiryReply

    public var repository: RepositoryPath
    /// Where its hook says it is cloned from.
    public var cloneURL: String

    public init(repository: RepositoryPath, cloneURL: String) {
        self.repository = repository
        self.cloneURL = cloneURL
    }
}

public struct HookInquiryReply: Codable, Sendable, Equatable {
    public var isRegistered: Bool
    /// Registered repositories of the same server, whose secret it may be: those that share the most of its path first.
    public var neighbours: [RepositoryPath]

    public init(isRegistered: Bool, neighbours: [RepositoryPath]) {
        self.isRegistered = isRegistered
        self.neighbours = neighbours
    }
}

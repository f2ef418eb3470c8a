/// Where a repository's branches and tags are: sync → pipeline. A head that no push has told of is one that was missed.
public struct HeadsListed: Message {
    /// So many are listed at most: of a repository that has more only the branches, and none of one that has more of them.
    public static let limit = 20_000

    public var repository: RepositoryPath
    /// That of the ``HeadsRequested`` it answers.
    public var round: Int
    /// The commit of each by its full ref, the tags' by the commits they lead to; `nil` where they could not be listed.
    public var heads: [String: String]?
    /// Whether ``heads`` has the tags as well.
    public var hasTags: Bool
    /// Why they could not be listed, for people.
    public var problem: String?

    public init(
        repository: RepositoryPath, round: Int, heads: [String: String]?, hasTags: Bool = true, problem: String? = nil
    ) {
        self.repository = repository
        self.round = round
        self.heads = heads
        self.hasTags = hasTags
        self.problem = problem
    }
}

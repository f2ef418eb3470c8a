/// The platform wants to know where a repository's branches and tags are: pipeline → sync. ``HeadsListed`` follows.
public struct HeadsRequested: Message {
    public var repository: RepositoryPath
    /// Counts how often they were asked for; the answer has the same.
    public var round: Int

    public init(repository: RepositoryPath, round: Int) {
        self.repository = repository
        self.round = round
    }
}

import Contracts

/// A repository as it is kept.
struct Repository: Sendable, Equatable {
    var path: RepositoryPath
    var cloneURL: String
    var defaultBranch: String
    var allowsFile: Bool
    var username: String?
    var token: SealedSecret?
    var createdAt: Timestamp
}

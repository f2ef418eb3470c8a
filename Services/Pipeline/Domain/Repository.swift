import Contracts

/// A repository as it is kept.
struct Repository: Sendable, Equatable {
    var path: RepositoryPath
    var cloneURL: String
    /// The `Forge.name` a person gave; `nil` where the clone address's host tells.
    var forgeName: String?
    var defaultBranch: String
    var allowsFile: Bool
    /// Which pushes that no hook told of are made up.
    var missedPushes = MissedPushes.all
    var username: String?
    var token: SealedSecret?
    /// Who said which components are associated; `nil` where that was not kept yet.
    var associatedBy: Caller?
    var createdAt: Timestamp

    /// The forge it is hosted at.
    var forge: Forge { forgeName.flatMap(Forge.named) ?? .guess(cloneURL: cloneURL) }
}

import Contracts
import Storage

extension Visibility {
    /// What a column of repositories, or of what owns secrets, is between: one range of its index, whatever is visible.
    /// Of what is found there, ``covers(_:)-(RepositoryPath)`` says what is.
    var bounds: [any DatabaseValueConvertible] { [span.first, span.last] }
}

import Contracts
import Git

/// The mirrors of all repositories: `<directory>/<path>.git`.
struct Mirrors: Sendable {
    let directory: String
    let program: GitProgram
    /// Where builders reach them, such as `http://sync:8081`.
    let publicURL: String
    private let locks = RepositoryLocks()

    init(directory: String, program: GitProgram, publicURL: String) {
        self.directory = directory
        self.program = program
        self.publicURL = publicURL
    }

    /// - Parameter repository: a path that has no ``RepositoryPath/problem``, and so none that leads out of here.
    func mirror(of repository: RepositoryPath) -> Mirror {
        Mirror(directory: "\(directory)/\(repository).git", program: program, locks: locks)
    }

    func url(of repository: RepositoryPath) -> String { "\(publicURL)/\(repository).git" }
}

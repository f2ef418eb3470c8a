import Contracts
import Git

/// The mirrors of all repositories: `<directory>/<path>.git`, and of their submodules: `<modules>/<path>.git/<name>.git`.
struct Mirrors: Sendable {
    let directory: String
    let modules: String
    let program: GitProgram
    /// Where builders reach them, such as `http://sync:8081`.
    let publicURL: String
    private let locks = RepositoryLocks()

    /// - Parameter data: the service's folder.
    init(data: String, program: GitProgram, publicURL: String) {
        directory = data + "/mirrors"
        modules = data + "/modules"
        self.program = program
        self.publicURL = publicURL
    }

    /// - Parameter repository: a path that has no `RepositoryPath.problem`, and so none that leads out of here.
    func mirror(of repository: RepositoryPath) -> Mirror {
        Mirror(directory: "\(directory)/\(repository).git", program: program, locks: locks)
    }

    /// - Parameter name: hexadecimal digits.
    func mirror(ofModuleNamed name: String, of repository: RepositoryPath) -> Mirror {
        Mirror(directory: "\(modules)/\(repository).git/\(name).git", program: program, locks: locks)
    }

    func url(of repository: RepositoryPath, module: String? = nil) -> String {
        "\(publicURL)/\(repository).git" + (module.map { "/modules/\($0).git" } ?? "")
    }
}

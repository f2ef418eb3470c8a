import FoundationEssentials
import Glibc

/// Submodules in a workspace: each is a repository, in the folder Git made for it.
extension GitProgram {
    /// The folder of a submodule in a workspace.
    /// - Parameter path: such as `libs/a`.
    /// - Throws: ``GitError/Code/unsafeObjects`` where anything on the way there is no folder: a link could lead out.
    public static func submoduleFolder(_ path: String, in workspace: String) throws(GitError) -> String {
        var folder = workspace
        for part in path.split(separator: "/", omittingEmptySubsequences: false) {
            folder += "/\(part)"
            var status = stat()
            guard !["", ".", "..", ".git"].contains(part.lowercased()), lstat(folder, &status) == 0,
                status.st_mode & S_IFMT == S_IFDIR
            else { throw GitError(.unsafeObjects, "the submodule \(path) has no folder in the workspace") }
        }
        return folder
    }

    /// Has a repository know its submodules, with the addresses they have at their forge, so that a step's git goes on with
    /// them as after `git submodule update`.
    /// - Throws: ``GitError`` with what git said.
    public func registerSubmodules(_ paths: [String], in directory: String) async throws(GitError) {
        _ = try await run(
            ["submodule", "--quiet", "init", "--"] + paths.map { ":(literal)\($0)" }, in: directory,
            doing: "registering submodules")
    }
}

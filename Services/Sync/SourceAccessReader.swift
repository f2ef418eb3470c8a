import Contracts
import Git
import Secrets

/// How a repository is fetched: its address and its credential, opened here and nowhere else.
struct SourceAccessReader: Sendable {
    let directory: RepositoryDirectory
    let keys: KeyRing
    /// For one fetch.
    let timeout: Duration

    /// - Returns: `nil` for a repository the platform does not know.
    /// - Throws: ``SyncProblem`` where the token cannot be opened; whatever keeps the platform from being asked.
    func source(of repository: RepositoryPath) async throws -> FetchSource? {
        guard let access = try await directory.access(to: repository) else { return nil }
        return FetchSource(url: access.cloneURL, credential: try credential(access, repository), timeout: timeout)
    }

    private func credential(
        _ access: RepositoryLookupReply.RepositoryAccess, _ repository: RepositoryPath
    ) throws(SyncProblem) -> GitCredential {
        guard let token = access.token else { return .none }
        do {
            return .basic(
                username: access.username ?? "oauth2",
                password: try keys.open(token, for: .token(of: repository, cloneURL: access.cloneURL)))
        } catch {
            throw SyncProblem(
                .authentication,
                "the token of \(repository) cannot be opened: \(error); enter the token again, or give sync its keys (slipway keys list)"
            )
        }
    }
}

import Contracts
import Git
import Logging

/// Asks Git servers where the branches and tags of a repository are. Nobody waits for it: it takes its turn among the
/// fetches, and gives up where they fill all room.
struct HeadsLister: Sendable {
    let mirrors: Mirrors
    let access: SourceAccessReader
    let slots: FetchSlots
    let logger: Logger

    /// For one answer of a server's.
    private static let timeout = Duration.seconds(60)

    /// - Returns: the heads, or why they cannot be listed now.
    /// - Throws: `CancellationError`.
    func list(_ request: HeadsRequested) async throws -> HeadsListed {
        var answer = HeadsListed(repository: request.repository, round: request.round, heads: nil)
        do {
            let heads = try await heads(of: request.repository)
            answer.heads = heads.commits
            answer.hasTags = heads.hasTags
        } catch is CancellationError {
            throw CancellationError()
        } catch let error as GitError where error.code == .cancelled {
            throw CancellationError()
        } catch {
            answer.problem = (error as? SyncProblem)?.reason ?? "\(error)"
            logger.notice(
                "the heads of a repository cannot be listed",
                metadata: ["repository": "\(request.repository)", "reason": "\(answer.problem ?? "")"])
        }
        return answer
    }

    private func heads(of repository: RepositoryPath) async throws -> Heads {
        if let problem = repository.problem { throw SyncProblem(.unknownRepository, problem) }
        guard var source = try await access.source(of: repository) else {
            throw SyncProblem(.unknownRepository, "\(repository) is not registered")
        }
        source.timeout = min(source.timeout, Self.timeout)
        let remote = try RemoteAddress(source.url, allowsFile: mirrors.program.allowsFile)
        let mirror = mirrors.mirror(of: repository)
        // Beside a fetch of the same repository: nothing is written into its mirror.
        return try await slots.withSlot(
            "\(mirror.directory) heads", remote, isMessage: true, activity: FetchActivity()
        ) { [source] in try await mirror.heads(from: source, limit: HeadsListed.limit) }
    }
}

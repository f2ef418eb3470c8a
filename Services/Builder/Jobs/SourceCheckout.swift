import Contracts
import Git
import Glibc
import PipelineLanguage
import SystemPackage
import Worker

/// Brings a job's commit into its workspace.
struct SourceCheckout: Sendable {
    let git: GitProgram
    /// `nil` where every job fetches everything.
    let caches: SourceCaches?

    /// How much history comes along where the pipeline does not say.
    static let depth = 50

    /// - Throws: ``JobFailure``; an `unreachable` mirror is tried again first.
    func run(_ job: GrantedJob, _ source: SourceAccess, into workspace: FilePath) async throws {
        let clone = job.stage.clone
        let checkout = Checkout(
            url: source.url, credential: job.sourceToken.map { .bearer($0) } ?? .none, commit: job.grant.commit.sha,
            ref: job.grant.ref, origin: source.cloneURL, directory: workspace.string,
            depth: clone.depth > 0 ? clone.depth : Self.depth)
        var left = max(2, clone.retries)
        var pause = Duration.milliseconds(500)
        while true {
            do {
                // The last try owes nothing to what earlier jobs left.
                if let caches, left > 0 {
                    try await git.checkout(checkout, through: caches.cache(for: checkout))
                } else {
                    try await git.checkout(checkout)
                }
                return
            } catch {
                try Task.checkCancellation()
                guard left > 0, error.code == .unreachable || error.code == .timedOut else {
                    throw JobFailure("the source cannot be fetched: \(error)")
                }
            }
            left -= 1
            try await Task.sleep(for: pause)
            pause *= 4
            // What the failed try left is in the way of the next.
            do {
                try FileTree.remove(workspace)
                try FileTree.make(workspace)
                workspace.withPlatformString { _ = chmod($0, 0o777) }
            } catch {
                throw JobFailure("the workspace cannot be emptied: \(error)")
            }
        }
    }
}

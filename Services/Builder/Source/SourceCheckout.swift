import Contracts
import Git
import Glibc
import PipelineLanguage
import SystemPackage
import Worker

/// Brings a job's commit into its workspace, with the submodules and LFS files its pipeline asks for.
struct SourceCheckout: Sendable {
    let git: GitProgram
    /// `nil` where every job fetches everything.
    let caches: SourceCaches?
    let parts: SourcePartsClient
    /// Told what is waited for.
    let waits: @Sendable (String) -> Void

    /// How much history comes along where the pipeline does not say.
    static let depth = 50

    /// - Throws: `JobFailure`; an `unreachable` mirror is tried again first.
    func run(_ job: GrantedJob, _ source: SourceAccess, into workspace: FilePath) async throws {
        var left = max(2, job.stage.clone.retries)
        var pause = Duration.milliseconds(500)
        while true {
            do {
                // The last try owes nothing to what earlier jobs left.
                try await fetch(job, source, into: workspace, through: left > 0 ? caches : nil)
                return
            } catch {
                try Task.checkCancellation()
                let isAway = [.unreachable, .timedOut, .rateLimited].contains(error.code)
                guard left > 0, isAway else {
                    throw JobFailure(
                        "the source cannot be fetched: \(error)",
                        handBack: handBack(of: error, job.stage.clone, in: workspace))
                }
                waits("waits for its source, which is tried again: \(error)")
            }
            left -= 1
            try await Task.sleep(for: pause)
            pause *= 4
            // What the failed try left is in the way of the next.
            do {
                try await FileTree.remove(workspace, within: BuildExecutor.cleanUpTime)
                try FileTree.make(workspace)
                workspace.withPlatformString { _ = chmod($0, 0o777) }
            } catch {
                throw JobFailure("the workspace cannot be emptied: \(error)", of: error)
            }
        }
    }

    /// Why a job is handed back whose source cannot be fetched; `nil` where that is its own fault. The mirror's address is the
    /// platform's word, and what it had the platform has seen.
    private func handBack(of error: GitError, _ clone: Clone, in workspace: FilePath) -> JobFinished.HandBack? {
        switch error.code {
        case .noSpace: .worker
        // Git does not always say why it could not write.
        case .failed where Self.isFull(workspace): .worker
        case .unreachable, .timedOut, .rateLimited, .busy: .source
        // What a submodule or LFS lacks is the repository's own word.
        case .repositoryNotFound, .refNotFound, .authentication: clone.submodules || clone.lfs ? nil : .source
        default: nil
        }
    }

    /// Whether the disk that holds a folder has no room for anything.
    private static func isFull(_ folder: FilePath) -> Bool {
        var status = statvfs()
        guard folder.withPlatformString({ statvfs($0, &status) }) == 0 else { return false }
        return status.f_bavail * UInt(status.f_frsize) < 1 << 20
    }

    private func fetch(
        _ job: GrantedJob, _ source: SourceAccess, into workspace: FilePath, through caches: SourceCaches?
    ) async throws(GitError) {
        let clone = job.stage.clone
        var checkout = Checkout(
            url: source.url, credential: job.sourceToken.map { .bearer($0) } ?? .none, commit: job.grant.commit.sha,
            ref: job.grant.ref, origin: source.cloneURL, directory: workspace.string,
            depth: clone.depth > 0 ? clone.depth : Self.depth, largeFiles: clone.lfs)
        var submodules: [SourceParts.Submodule] = []
        if clone.submodules || clone.lfs {
            submodules = try await parts.parts(
                of: checkout.commit, submodules: clone.submodules, largeFiles: clone.lfs, mirror: source.url,
                token: job.sourceToken, timeout: checkout.timeout, waits: waits)
        }
        try await checkOut(checkout, through: caches)
        checkout.ref = nil
        for submodule in submodules {
            checkout.url = submodule.url
            checkout.commit = submodule.commit
            checkout.origin = submodule.cloneURL
            checkout.directory = try GitProgram.submoduleFolder(submodule.path, in: workspace.string)
            try await checkOut(checkout, through: caches)
        }
        for (parent, paths) in Self.byParent(submodules.map(\.path)) {
            try await git.registerSubmodules(
                paths, in: parent.isEmpty ? workspace.string : workspace.appending(parent).string)
        }
    }

    private func checkOut(_ checkout: Checkout, through caches: SourceCaches?) async throws(GitError) {
        if let caches {
            try await git.checkout(checkout, through: caches.cache(for: checkout))
        } else {
            try await git.checkout(checkout)
        }
    }

    /// The paths within the repository each submodule is one of; that of the workspace is the empty one.
    static func byParent(_ paths: [String]) -> [String: [String]] {
        var children: [String: [String]] = [:]
        for path in paths {
            let parent = paths.filter { path.hasPrefix("\($0)/") }.max { $0.utf8.count < $1.utf8.count } ?? ""
            children[parent, default: []].append(parent.isEmpty ? path : String(path.dropFirst(parent.count + 1)))
        }
        return children
    }
}

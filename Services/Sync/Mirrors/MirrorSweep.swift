import Contracts
import FoundationEssentials
import Git
import Logging
import ServiceLifecycle

/// Removes mirrors of repositories that the platform does not know any more: of those that nothing has been fetched into for a
/// week, so that no run of theirs is left and the platform is asked for few.
struct MirrorSweep: Service {
    let mirrors: Mirrors
    let directory: RepositoryDirectory
    let logger: Logger

    /// For how long nothing was fetched into it.
    static let age = Duration.seconds(7 * 86_400)
    private static let interval = Duration.seconds(6 * 3_600)
    /// What has just been started has other things to do first.
    private static let patience = Duration.seconds(900)
    /// Between two questions.
    private static let rest = Duration.milliseconds(200)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            do {
                try await Task.sleep(for: Self.patience)
                while true {
                    await sweepAndTell()
                    try await Task.sleep(for: Self.interval)
                }
            } catch {
                // Cancelled: the service ends.
            }
        }
    }

    private func sweepAndTell() async {
        do {
            try await sweep()
        } catch is CancellationError {
            // The next life goes on.
        } catch {
            // The platform is away: it is asked again.
            logger.debug("mirrors are not looked through", metadata: ["error": "\(error)"])
        }
    }

    /// - Parameter now: what ages are counted back from.
    /// - Returns: the repositories whose mirrors were removed.
    /// - Throws: where the platform does not answer; nothing is removed that it was not asked for.
    @discardableResult
    func sweep(now: Timestamp = .now, rest: Duration = rest) async throws -> [RepositoryPath] {
        var removed: [RepositoryPath] = []
        for repository in repositories() {
            try Task.checkCancellation()
            guard isOld(repository, now), try await directory.access(to: repository) == nil else { continue }
            if try await remove(repository, now) { removed.append(repository) }
            try await Task.sleep(for: rest)
        }
        return removed
    }

    private func isOld(_ repository: RepositoryPath, _ now: Timestamp) -> Bool {
        mirrors.mirror(of: repository).usedAt.map { $0.adding(Self.age) <= now } ?? false
    }

    private func remove(_ repository: RepositoryPath, _ now: Timestamp) async throws -> Bool {
        do {
            // The wait for it has noted a use: what counts is that no fetch has made it again meanwhile.
            let isRemoved = try await mirrors.mirror(of: repository).remove {
                (try? await directory.access(to: repository)) == .some(nil)
            }
            guard isRemoved else { return false }
            try? FileManager.default.removeItem(atPath: "\(mirrors.modules)/\(repository).git")
            logger.info(
                "the mirror of a repository that the platform does not know was removed",
                metadata: ["repository": "\(repository)"])
            return true
        } catch {
            logger.warning(
                "a mirror cannot be removed", metadata: ["repository": "\(repository)", "error": "\(error)"])
            return false
        }
    }

    /// Those that have a mirror; what is left of some that were being removed goes.
    private func repositories() -> [RepositoryPath] {
        var found: [RepositoryPath] = []
        var folders = [""]
        while let folder = folders.popLast() {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: mirrors.directory + folder)) ?? []
            for name in names.sorted() {
                let path = "\(folder)/\(name)"
                if name.hasSuffix(".git" + Mirror.gone) {
                    try? FileManager.default.removeItem(atPath: mirrors.directory + path)
                } else if name.hasSuffix(".git") {
                    found.append(RepositoryPath(rawValue: String(path.dropFirst().dropLast(4))))
                } else if !name.contains(".git.") {
                    folders.append(path)
                }
            }
        }
        return found.filter { $0.problem == nil }
    }
}

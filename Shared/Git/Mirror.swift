import FoundationEssentials
import Logging
import Threading

/// A bare copy of one repository, fetched into as pushes come. Everything that changes it holds its lock, which is one for
/// all processes that share its folder: `<directory>.lock`. Reading and serving need none, as Git's own readers do not.
public struct Mirror: Sendable {
    /// The bare repository's folder.
    public let directory: String
    let program: GitProgram
    let lock: RepositoryLock

    /// - Parameter locks: shared by all that work on mirrors in this process.
    public init(directory: String, program: GitProgram, locks: RepositoryLocks) {
        self.directory = directory
        self.program = program
        lock = locks.lock(of: directory)
    }

    /// Whether it is there.
    public var exists: Bool { FileManager.default.fileExists(atPath: directory + "/HEAD") }

    /// The folders it needs around it.
    func makeFolders() throws(GitError) {
        do {
            try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
            try FileManager.default.createDirectory(atPath: program.home, withIntermediateDirectories: true)
        } catch {
            throw GitError("the folder of mirrors cannot be written", of: error)
        }
    }

    /// Makes it. It appears in one step, so that a crash leaves none that is half made.
    func make(sha256: Bool) async throws(GitError) {
        let temporary = directory + ".new-\(UInt32.random(in: 0 ... .max))"
        var arguments = ["init", "--quiet", "--bare", "--template="]
        if sha256 { arguments.append("--object-format=sha256") }
        _ = try await program.run(arguments + ["--", temporary], doing: "making a mirror")
        do {
            try FileManager.default.moveItem(atPath: temporary, toPath: directory)
        } catch {
            throw GitError("the mirror \(directory) cannot be made", of: error)
        }
    }

    var parent: String {
        directory.lastIndex(of: "/").map { String(directory[..<$0]) } ?? "."
    }

    /// How long it is waited for another process: less than the broker lets a message be held.
    private static let patience = Duration.seconds(300)

    /// Does work that changes the mirror, one at a time in this process and among those that share the folder. A process
    /// that is killed holds it no longer.
    /// - Parameter patience: how long it is waited for other processes.
    /// - Throws: ``GitError``: `busy` after that; what the work throws.
    func exclusively<Value: Sendable>(
        patience: Duration = patience, _ work: () async throws(GitError) -> Value
    ) async throws(GitError) -> Value {
        try await lock.withLock { () async throws(GitError) -> Value in
            if !exists { try makeFolders() }
            let held = try await takeFile(patience)
            if lock.isFirstUse() || held.isAbandoned, exists { removeLeftovers() }
            do throws(GitError) {
                let value = try await work()
                held.release()
                return value
            } catch {
                held.release(isWhole: !error.mayLeaveHalf)
                throw error
            }
        }
    }

    private func takeFile(_ patience: Duration) async throws(GitError) -> FileLock {
        do {
            if let held = try await FileLock.take("\(directory).lock", within: patience) { return held }
        } catch is CancellationError {
            throw GitError(.cancelled, "cancelled while waiting for the repository")
        } catch {
            throw GitError(.failed, "the mirror \(directory) cannot be locked", cause: "\(error)")
        }
        throw GitError(.busy, "another process has worked on the mirror \(directory) for more than \(patience)")
    }

    /// A git that was killed leaves its lock files, which refuse every later change, and the pack it was writing.
    /// Nobody else works on this mirror: whatever is there is a leftover.
    private func removeLeftovers() {
        do {
            for file in try FileManager.default.subpathsOfDirectory(atPath: directory) {
                let name = file.split(separator: "/").last ?? ""
                guard name.hasSuffix(".lock") || name.hasPrefix("tmp_") else { continue }
                try FileManager.default.removeItem(atPath: directory + "/" + file)
                program.logger.info("removed what a killed git left", metadata: ["path": "\(file)"])
            }
        } catch {
            program.logger.warning("a leftover cannot be removed", metadata: ["error": "\(error)"])
        }
    }
}

extension GitError {
    /// Whether git may have been killed in the middle.
    fileprivate var mayLeaveHalf: Bool { [.failed, .timedOut, .cancelled, .tooLarge].contains(code) }
}

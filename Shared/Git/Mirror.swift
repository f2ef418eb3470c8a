import FoundationEssentials
import Logging

/// A bare copy of one repository, fetched into as pushes come. Everything that changes it holds its lock.
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
            throw GitError(.failed, "the folder of mirrors cannot be written", cause: "\(error)")
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
            throw GitError(.failed, "the mirror \(directory) cannot be made", cause: "\(error)")
        }
    }

    var parent: String {
        directory.lastIndex(of: "/").map { String(directory[..<$0]) } ?? "."
    }

    /// A git that was killed leaves its lock files, which refuse every later change, and the pack it was writing.
    /// Nobody else works on this mirror: whatever is there when it is first used is a leftover.
    func removeLeftovers() {
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

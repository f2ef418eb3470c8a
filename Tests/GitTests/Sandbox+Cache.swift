import FoundationEssentials
import Logging
import Testing

@testable import Git

extension Sandbox {
    func cache(_ locks: RepositoryLocks = RepositoryLocks(), limit: Int64 = 1 << 30) -> ObjectCache {
        ObjectCache(directory: path + "/cache", limit: limit, locks: locks, logger: Logger(label: "test"))
    }

    /// Checks a commit out into a new workspace, three commits deep.
    func workspace(
        _ commit: String, of origin: Repository, ref: String? = "refs/heads/main", through cache: ObjectCache?
    ) async throws -> Repository {
        let directory = "\(path)/work-\(UInt32.random(in: 0 ... .max))"
        let checkout = Checkout(
            url: "file://" + origin.path, commit: commit, ref: ref, directory: directory, depth: 3)
        if let cache {
            try await program.checkout(checkout, through: cache)
        } else {
            try await program.checkout(checkout)
        }
        return Repository(path: directory)
    }

    /// Checks a commit out through the cache and compares the workspace with one that was made without.
    func expectSameWithCache(
        _ commit: String, of origin: Repository, ref: String = "refs/heads/main", _ cache: ObjectCache,
        at location: SourceLocation = #_sourceLocation
    ) async throws {
        let plain = try await workspace(commit, of: origin, ref: ref, through: nil)
        let cached = try await workspace(commit, of: origin, ref: ref, through: cache)
        for question in [
            ["rev-parse", "HEAD", "--abbrev-ref", "HEAD"], ["log", "--all", "--stat", "--format=%H %P %D"],
            ["status", "--porcelain", "--ignored"],
        ] {
            let answer = try await cached.git(arguments: question)
            #expect(try await plain.git(arguments: question) == answer, "git \(question)", sourceLocation: location)
        }
        #expect(try await cached.git("fsck", "--strict", "--no-dangling") == "", sourceLocation: location)
        // Of a history that ends by itself the cache may know others that do not.
        let git = try FileManager.default.contentsOfDirectory(atPath: cached.path + "/.git").filter { $0 != "shallow" }
        let expected = try FileManager.default.contentsOfDirectory(atPath: plain.path + "/.git").filter {
            $0 != "shallow"
        }
        #expect(git.sorted() == expected.sorted(), sourceLocation: location)
        let configuration = try Data(contentsOf: URL(filePath: cached.path + "/.git/config"))
        #expect(
            try Data(contentsOf: URL(filePath: plain.path + "/.git/config")) == configuration, sourceLocation: location)
        // All of it is its own.
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: cached.path + "/.git/objects/info").isEmpty,
            sourceLocation: location)
    }
}

extension Repository {
    /// Commits files of random content, so that none is small in a pack.
    func commit(random files: [String], _ message: String = "change") async throws -> String {
        var texts: [String: String] = [:]
        for file in files { texts[file] = (0..<400).map { _ in "\(UInt64.random(in: 0 ... .max))" }.joined() }
        return try await commit(message, texts)
    }
}

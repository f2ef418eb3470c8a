import FoundationEssentials
import Testing

@testable import Git

@Suite("Checkout through a cache")
struct CachedCheckoutTests {
    @Test("the next push brings only what is new; history is as deep as without", arguments: ["sha1", "sha256"])
    func pushes(_ format: String) async throws {
        let sandbox = try Sandbox()
        let origin = try await sandbox.repository(format: format)
        let cache = sandbox.cache()
        var commits = [try await origin.commit(random: (0..<30).map { "file\($0)" })]
        try await sandbox.expectSameWithCache(commits[0], of: origin, cache)
        for _ in 0..<6 {
            commits.append(try await origin.commit(random: ["changed"]))
            try await sandbox.expectSameWithCache(try #require(commits.last), of: origin, cache)
        }
        let index = try #require(cache.read())
        #expect(index.packs.count == 7)
        for pack in index.packs.dropFirst() { #expect(pack.objects.size < index.packs[0].objects.size / 5) }
        #expect(index.tips.map(\.commit) == commits.suffix(2))
        // The end of history moved on with every push, and no end is forgotten.
        #expect(index.shallow.count == 5)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: cache.directory).sorted()
                == (index.packs.flatMap { ["\($0.name).idx", "\($0.name).pack"] } + ["index.json"]).sorted())
    }

    @Test("rewritten history, other branches, tags, merges, older commits and the same one again")
    func histories() async throws {
        let sandbox = try Sandbox()
        let origin = try await sandbox.repository()
        let cache = sandbox.cache()
        var commits: [String] = []
        for number in 0..<8 { commits.append(try await origin.commit(random: ["a\(number)", "b"])) }
        try await sandbox.expectSameWithCache(commits[7], of: origin, cache)
        // Forked from before the end of the history that is there, so some of it is needed deeper.
        try await origin.git("checkout", "--quiet", "-b", "topic", commits[4])
        let topic = try await origin.commit(random: ["topic"])
        try await sandbox.expectSameWithCache(topic, of: origin, ref: "refs/heads/topic", cache)
        try await origin.git("checkout", "--quiet", "main")
        try await origin.git("reset", "--quiet", "--hard", commits[6])
        let rewritten = try await origin.commit(random: ["rewritten"])
        try await sandbox.expectSameWithCache(rewritten, of: origin, cache)
        try await origin.git("merge", "--quiet", "--no-ff", "-m", "merge", "topic")
        let merge = try await origin.git("rev-parse", "HEAD")
        try await sandbox.expectSameWithCache(merge, of: origin, cache)
        let after = try await origin.commit(random: ["after"])
        try await origin.git("tag", "-a", "-m", "v1", "v1")
        try await sandbox.expectSameWithCache(after, of: origin, ref: "refs/tags/v1", cache)
        for commit in [after, commits[0], commits[1], commits[5], commits[7], topic, merge] {
            try await sandbox.expectSameWithCache(commit, of: origin, cache)
        }
        // An unrelated history.
        try await origin.git("checkout", "--quiet", "--orphan", "pages")
        let orphan = try await origin.commit(random: ["page"])
        try await sandbox.expectSameWithCache(orphan, of: origin, ref: "refs/heads/pages", cache)
        #expect(try #require(cache.read()).packs.count > 3)
    }

    @Test("a commit the server does not have fails as without a cache, though the cache has it")
    func unknown() async throws {
        let sandbox = try Sandbox()
        let origin = try await sandbox.repository()
        let cache = sandbox.cache()
        try await sandbox.expectSameWithCache(try await origin.commit(random: ["a"]), of: origin, cache)
        let gone = try await origin.commit(random: ["secret"])
        try await sandbox.expectSameWithCache(gone, of: origin, cache)
        try await origin.git("reset", "--quiet", "--hard", "HEAD~1")
        try await origin.git("reflog", "expire", "--expire=all", "--all")
        try await origin.git("gc", "--quiet", "--prune=now")
        let before = try #require(cache.read())
        for commit in [gone, String(repeating: "1", count: 40)] {
            let plain = await error { _ = try await sandbox.workspace(commit, of: origin, through: nil) }
            let cached = await error { _ = try await sandbox.workspace(commit, of: origin, through: cache) }
            #expect(plain?.code == .refNotFound)
            #expect(cached?.code == .refNotFound)
            #expect(cached?.message == plain?.message)
        }
        let away = Repository(path: sandbox.path + "/away")
        #expect(
            await error { _ = try await sandbox.workspace(gone, of: away, through: cache) }?.code
                == .repositoryNotFound)
        #expect(cache.read() == before)
    }

    @Test("what is done to a workspace stays there")
    func tampering() async throws {
        let sandbox = try Sandbox()
        let origin = try await sandbox.repository()
        let cache = sandbox.cache()
        _ = try await sandbox.workspace(try await origin.commit(random: ["a"]), of: origin, through: cache)
        let work = try await sandbox.workspace(try await origin.commit(random: ["b"]), of: origin, through: cache)
        let before = try #require(cache.read())
        let folder = work.path + "/.git/objects/pack"
        let files = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(files.count == 4)
        for file in files {
            // Written in place, as one who is root can.
            try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: "\(folder)/\(file)")
            try Data("broken".utf8).write(to: URL(filePath: "\(folder)/\(file)"))
        }
        try Data("broken".utf8).write(to: URL(filePath: work.path + "/.git/shallow"))
        let commit = try await origin.commit(random: ["c"])
        try await sandbox.expectSameWithCache(commit, of: origin, cache)
        let after = try #require(cache.read())
        #expect(Array(after.packs.prefix(2)) == before.packs)
        #expect(after.packs.count == 3)
    }

    @Test("of many at a time the first fetches for all; who no longer waits is let go")
    func concurrency() async throws {
        let sandbox = try Sandbox()
        let origin = try await sandbox.repository()
        var commits = [try await origin.commit(random: (0..<10).map { "file\($0)" })]
        for _ in 0..<3 { commits.append(try await origin.commit(random: ["changed"])) }
        let locks = RepositoryLocks()
        let cache = sandbox.cache(locks)
        let (path, program) = (sandbox.path, sandbox.program)
        func checkOut(_ commits: [String]) async throws {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for commit in commits {
                    group.addTask {
                        let work = Repository(path: "\(path)/many-\(UInt32.random(in: 0 ... .max))")
                        try await program.checkout(
                            Checkout(
                                url: "file://" + origin.path, commit: commit, ref: "refs/heads/main",
                                directory: work.path, depth: 3),
                            through: ObjectCache(
                                directory: cache.directory, limit: cache.limit, locks: locks, logger: cache.logger))
                        #expect(try await work.git("rev-parse", "HEAD") == commit)
                        #expect(try await work.git("status", "--porcelain") == "")
                        #expect(try await work.git("fsck", "--strict", "--no-dangling") == "")
                    }
                }
                try await group.waitForAll()
            }
        }
        try await checkOut(Array(repeating: commits[2], count: 4))
        #expect(try #require(cache.read()).packs.count == 1)
        try await checkOut(commits + commits)
        let index = try #require(cache.read())
        let waiting = try await cache.lock.withLock { () async throws(GitError) -> Task<GitError.Code?, Never> in
            let late = Checkout(
                url: "file://" + origin.path, commit: commits[0], directory: path + "/late", depth: 3)
            let waiting = Task { await code { try await program.checkout(late, through: cache) } }
            cache.removeIfUnused(since: .distantFuture)
            waiting.cancel()
            return waiting
        }
        #expect(await waiting.value == .cancelled)
        #expect(cache.read() == index)
    }

    private func error(_ work: () async throws -> Void) async -> GitError? {
        do {
            try await work()
        } catch let error as GitError {
            return error
        } catch {
            Issue.record(error)
        }
        return nil
    }
}

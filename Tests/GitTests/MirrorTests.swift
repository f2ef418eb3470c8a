import Contracts
import FoundationEssentials
import Synchronization
import Testing
import Threading

@testable import Git

@Suite("Mirror")
struct MirrorTests {
    @Test("fetches the pushed commit, tells its details, its file and what changed")
    func push() async throws {
        let sandbox = try Sandbox()
        let origin = try await sandbox.repository()
        let first = try await origin.commit("First", ["a.txt": "1", "ü/b c.txt": "1"])
        let second = try await origin.commit(
            "Second\n\nwith a body", ["a.txt": "2", "ü/b c.txt": "2", ".drone.yml": "kind: pipeline\n"])
        let mirror = sandbox.mirror()
        let commit = try await mirror.fetch(ref: "refs/heads/main", commit: second, from: origin.source)
        #expect(commit == second)
        let (details, file) = try await mirror.commit(second, firstOf: [".slipway.yml", ".slipway.json", ".drone.yml"])
        #expect(details.message == "Second\n\nwith a body")
        #expect(details.authorName == "Ada")
        #expect(details.authorEmail == "ada@example.org")
        #expect(details.committedAt == 1_700_000_000)
        #expect(file == Mirror.File(path: ".drone.yml", bytes: Array("kind: pipeline\n".utf8)))
        let changes = try await mirror.changedPaths(from: first, to: second)
        #expect(Set(changes.paths) == [".drone.yml", "a.txt", "ü/b c.txt"])
        #expect(changes.complete)
    }

    @Test("the first file of the list wins; a folder is no file")
    func firstFile() async throws {
        let sandbox = try Sandbox()
        let origin = try await sandbox.repository()
        let commit = try await origin.commit(
            "files", [".drone.yml": "drone", ".slipway.json": "[]", ".slipway.yml/not": "a file"])
        let mirror = sandbox.mirror()
        _ = try await mirror.fetch(ref: "refs/heads/main", commit: commit, from: origin.source)
        let file = try await mirror.commit(commit, firstOf: [".slipway.yml", ".slipway.json", ".drone.yml"]).file
        #expect(file?.path == ".slipway.json")
        #expect(try await mirror.commit(commit, firstOf: ["none"]).file == nil)
        #expect(await code { _ = try await mirror.file("none", at: commit) } == .pathNotFound)
    }

    @Test("a file larger than what is taken says so, also among others")
    func largeFile() async throws {
        let sandbox = try Sandbox()
        let origin = try await sandbox.repository()
        let commit = try await origin.commit(
            "large", [".slipway.yml": String(repeating: "x", count: 300_000), ".drone.yml": "small"])
        let mirror = sandbox.mirror()
        _ = try await mirror.fetch(ref: "refs/heads/main", commit: commit, from: origin.source)
        for limit in [1_000, 200_000, 299_999] {
            let code = await code {
                _ = try await mirror.commit(commit, firstOf: [".slipway.yml", ".drone.yml"], limit: limit)
            }
            #expect(code == .tooLarge, "\(limit)")
        }
        #expect(try await mirror.file(".slipway.yml", at: commit, limit: 300_000).count == 300_000)
        #expect(try await mirror.file(".drone.yml", at: commit, limit: 1_000) == Array("small".utf8))
    }

    @Test("a commit that a later push replaced is had all the same and stays")
    func forcePush() async throws {
        let sandbox = try Sandbox()
        let origin = try await sandbox.repository()
        let mirror = sandbox.mirror()
        try await origin.commit("base", ["a": "1"])
        let replaced = try await origin.commit("replaced", ["a": "2"])
        _ = try await mirror.fetch(ref: "refs/heads/main", commit: replaced, from: origin.source)
        try await origin.git("reset", "--quiet", "--hard", "HEAD~1")
        let newer = try await origin.commit("newer", ["a": "3"])
        _ = try await mirror.fetch(ref: "refs/heads/main", commit: newer, from: origin.source)
        try await origin.git("branch", "-M", "main", "gone")
        #expect(try await mirror.commit(replaced).details.message == "replaced")
        // Kept, so it is not asked for again.
        let again = try await mirror.fetch(ref: "refs/heads/main", commit: replaced, from: origin.source)
        #expect(again == replaced)
        let changes = try await mirror.changedPaths(from: replaced, to: newer)
        #expect(changes.paths == ["a"])
    }

    @Test("a commit behind the tip is had, though its ref moved on")
    func behind() async throws {
        let sandbox = try Sandbox()
        let origin = try await sandbox.repository()
        let first = try await origin.commit("first")
        try await origin.commit("second")
        let mirror = sandbox.mirror()
        #expect(try await mirror.fetch(ref: "refs/heads/main", commit: first, from: origin.source) == first)
        #expect(try await mirror.commit(first).details.message == "first")
    }

    @Test("a branch that makes way for a folder of branches does not stand in the way")
    func directoryConflict() async throws {
        let sandbox = try Sandbox()
        let origin = try await sandbox.repository()
        let mirror = sandbox.mirror()
        let one = try await origin.commit("one")
        try await origin.git("branch", "a")
        _ = try await mirror.fetch(ref: "refs/heads/a", commit: one, from: origin.source)
        try await origin.git("branch", "-D", "a")
        let two = try await origin.commit("two")
        try await origin.git("branch", "a/b")
        #expect(try await mirror.fetch(ref: "refs/heads/a/b", commit: two, from: origin.source) == two)
        #expect(try await mirror.fetch(ref: "refs/heads/a/b", commit: nil, from: origin.source) == two)
    }

    @Test("a person's name for a commit is found as branch, tag, ref or id")
    func naming() async throws {
        let sandbox = try Sandbox()
        let origin = try await sandbox.repository()
        let tagged = try await origin.commit("tagged")
        try await origin.git("tag", "--annotate", "--message", "release", "v1.2")
        let tip = try await origin.commit("tip")
        let mirror = sandbox.mirror()
        let branch = try await mirror.fetch(naming: "main", from: origin.source)
        #expect(branch == (tip, "refs/heads/main"))
        let tag = try await mirror.fetch(naming: "v1.2", from: origin.source)
        #expect(tag == (tagged, "refs/tags/v1.2"))
        let full = try await mirror.fetch(naming: "refs/tags/v1.2", from: origin.source)
        #expect(full == (tagged, "refs/tags/v1.2"))
        let id = try await mirror.fetch(naming: tagged, from: origin.source)
        #expect(id == (tagged, tagged))
        for bad in ["nope", "refs/heads/nope", "--upload-pack=touch /tmp/x", "a b", "", "HEAD~1", "main:main"] {
            #expect(await code { _ = try await mirror.fetch(naming: bad, from: origin.source) } == .refNotFound)
        }
        let absent = String(repeating: "1", count: 40)
        #expect(await code { _ = try await mirror.fetch(naming: absent, from: origin.source) } == .refNotFound)
        let short = try await mirror.fetch(naming: String(tagged.prefix(7)), from: origin.source)
        #expect(short == (tagged, tagged))
        #expect(try await mirror.fetch(naming: "tags/v1.2", from: origin.source) == (tagged, "refs/tags/v1.2"))
        // A tree of the same repository is no commit.
        let tree = try await origin.git("rev-parse", "HEAD^{tree}")
        let part = String(tree.prefix(12))
        #expect(await code { _ = try await mirror.fetch(naming: part, from: origin.source) } == .refNotFound)
    }

    @Test("a tag of something else than a commit says what it is of", arguments: ["tree", "blob"])
    func otherObjects(type: String) async throws {
        let sandbox = try Sandbox()
        let origin = try await sandbox.repository()
        let commit = try await origin.commit("one")
        try await origin.git("config", "uploadpack.allowAnySHA1InWant", "true")
        let object =
            type == "tree"
            ? try await origin.git("rev-parse", "HEAD^{tree}")
            : try await origin.git("hash-object", "-w", ".git/HEAD")
        try await origin.git("tag", "plain", object)
        try await origin.git("tag", "--annotate", "--message", "a", "annotated", object)
        let mirror = sandbox.mirror()
        for name in ["plain", "refs/tags/plain", "annotated", object] {
            do {
                _ = try await mirror.fetch(naming: name, from: origin.source)
                Issue.record("\(name) was taken for a commit")
            } catch {
                #expect(error.code == .refNotFound)
                #expect(error.message.contains(name) && error.message.contains(" is a \(type), not a commit"))
            }
        }
        // A hook that names the tag alone is answered alike.
        do {
            _ = try await mirror.fetch(ref: "refs/tags/plain", commit: nil, from: origin.source)
            Issue.record("the tag was taken for a commit")
        } catch {
            #expect(error.message.contains("refs/tags/plain") && error.message.contains(" is a \(type), not a commit"))
        }
        // The id of a tag's own object stands for its commit.
        try await origin.git("tag", "--annotate", "--message", "a", "release")
        let tag = try await origin.git("rev-parse", "refs/tags/release")
        #expect(try await mirror.fetch(naming: tag, from: origin.source) == (commit, commit))
    }

    @Test("a name that stands for a branch and a tag says both")
    func ambiguous() async throws {
        let sandbox = try Sandbox()
        let origin = try await sandbox.repository()
        let commit = try await origin.commit("one")
        try await origin.git("tag", "v1")
        try await origin.git("branch", "v1")
        let mirror = sandbox.mirror()
        do {
            _ = try await mirror.fetch(naming: "v1", from: origin.source)
            Issue.record("one of them was taken")
        } catch {
            #expect(error.code == .invalid)
            #expect(error.message.hasSuffix("say refs/heads/v1 or refs/tags/v1"))
        }
        let tag = try await mirror.fetch(naming: "refs/tags/v1", from: origin.source)
        #expect(tag == (commit, "refs/tags/v1"))
    }

    @Test("HEAD is where the server's is, unless something is called so")
    func head() async throws {
        let sandbox = try Sandbox()
        let origin = try await sandbox.repository()
        let mirror = sandbox.mirror()
        #expect(await code { _ = try await mirror.fetch(naming: "HEAD", from: origin.source) } == .emptyRepository)
        let first = try await origin.commit("one")
        // A ref whose name ends so is something else.
        try await origin.git("update-ref", "refs/heads/x/HEAD", first)
        #expect(try await mirror.fetch(naming: "HEAD", from: origin.source) == (first, "refs/heads/main"))
        let second = try await origin.commit("two")
        try await origin.git("checkout", "--quiet", "--detach")
        #expect(try await mirror.fetch(naming: "HEAD", from: origin.source) == (second, second))
        try await origin.git("checkout", "--quiet", "main")
        for (ref, others) in [
            ("refs/heads/HEAD", "refs/heads/HEAD"), ("refs/tags/HEAD", "refs/heads/HEAD or refs/tags/HEAD"),
        ] {
            try await origin.git("update-ref", ref, first)
            do {
                _ = try await mirror.fetch(naming: "HEAD", from: origin.source)
                Issue.record("one of them was taken")
            } catch {
                #expect(error.code == .invalid)
                #expect(error.message.hasPrefix("“HEAD” is ambiguous in "))
                #expect(error.message.hasSuffix(": say refs/heads/main or \(others)"))
            }
            #expect(try await mirror.fetch(naming: ref, from: origin.source) == (first, ref))
        }
        #expect(try await mirror.fetch(naming: "heads/HEAD", from: origin.source) == (first, "refs/heads/HEAD"))
        try await origin.git("symbolic-ref", "HEAD", "refs/heads/HEAD")
        try await origin.git("update-ref", "-d", "refs/tags/HEAD")
        #expect(try await mirror.fetch(naming: "HEAD", from: origin.source) == (first, "refs/heads/HEAD"))
    }

    @Test("what is not there says what is missing")
    func missing() async throws {
        let sandbox = try Sandbox()
        let origin = try await sandbox.repository()
        let mirror = sandbox.mirror()
        let absent = String(repeating: "1", count: 40)
        #expect(
            await code { _ = try await mirror.fetch(ref: "refs/heads/main", commit: nil, from: origin.source) }
                == .emptyRepository)
        #expect(
            await code { _ = try await mirror.fetch(ref: "refs/heads/main", commit: absent, from: origin.source) }
                == .emptyRepository)
        #expect(await code { _ = try await mirror.fetch(naming: "main", from: origin.source) } == .emptyRepository)
        try await origin.commit("one")
        #expect(
            await code { _ = try await mirror.fetch(ref: "refs/heads/nope", commit: nil, from: origin.source) }
                == .refNotFound)
        #expect(
            await code { _ = try await mirror.fetch(ref: "refs/heads/main", commit: absent, from: origin.source) }
                == .refNotFound)
        let nowhere = FetchSource(url: sandbox.path + "/nowhere")
        #expect(
            await code { _ = try await mirror.fetch(ref: "refs/heads/main", commit: nil, from: nowhere) }
                == .repositoryNotFound)
        let closed = FetchSource(url: "http://127.0.0.1:1/shop/web.git")
        #expect(
            await code { _ = try await mirror.fetch(ref: "refs/heads/main", commit: nil, from: closed) }
                == .unreachable)
        #expect(await code { _ = try await mirror.commit(absent) } == .refNotFound)
        let compared = try await mirror.changedPaths(from: absent, to: absent)
        #expect(compared.paths.isEmpty && !compared.complete)
    }

    @Test("the list of changed paths is cut, and says so")
    func manyChanges() async throws {
        let sandbox = try Sandbox()
        let origin = try await sandbox.repository()
        let before = try await origin.commit("one")
        var files: [String: String] = [:]
        for number in 0..<30 { files["file-\(number)"] = "\(number)" }
        let after = try await origin.commit("many", files)
        let mirror = sandbox.mirror()
        _ = try await mirror.fetch(ref: "refs/heads/main", commit: after, from: origin.source)
        let cut = try await mirror.changedPaths(from: before, to: after, limit: 10)
        #expect(cut.paths.count == 10 && !cut.complete)
        let all = try await mirror.changedPaths(from: before, to: after, limit: 30)
        #expect(all.paths.count == 30 && all.complete)
        let new = try await mirror.changedPaths(from: nil, to: after)
        #expect(new.paths.isEmpty && !new.complete)
    }

    @Test("many pushes at once wait for each other")
    func concurrent() async throws {
        let sandbox = try Sandbox()
        let origin = try await sandbox.repository()
        var commits: [String] = []
        for number in 0..<8 {
            commits.append(try await origin.commit("\(number)", ["a": "\(number)"]))
            try await origin.git("branch", "branch-\(number)")
        }
        let locks = RepositoryLocks()
        let mirror = sandbox.mirror(locks)
        let source = origin.source
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, commit) in commits.enumerated() {
                group.addTask {
                    _ = try await mirror.fetch(ref: "refs/heads/branch-\(number)", commit: commit, from: source)
                    #expect(try await mirror.commit(commit).details.message == "\(number)")
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("locks and packs that a killed git left do not stop the next start")
    func leftovers() async throws {
        let sandbox = try Sandbox()
        let origin = try await sandbox.repository()
        let one = try await origin.commit("one")
        let mirror = sandbox.mirror()
        _ = try await mirror.fetch(ref: "refs/heads/main", commit: one, from: origin.source)
        let left = ["refs/slipway/tip.lock", "packed-refs.lock", "config.lock", "objects/pack/tmp_pack_x1"]
        for file in left { try Data().write(to: URL(filePath: "\(mirror.directory)/\(file)")) }
        let two = try await origin.commit("two")
        let restarted = sandbox.mirror(RepositoryLocks())
        _ = try await restarted.fetch(ref: "refs/heads/main", commit: nil, from: origin.source)
        #expect(try await restarted.commit(two).details.message == "two")
        for file in left { #expect(!FileManager.default.fileExists(atPath: "\(mirror.directory)/\(file)")) }
    }

    private final class Running: Sendable {
        let count = Mutex((now: 0, most: 0))
    }

    @Test("processes that share a folder wait for each other, and not for ever")
    func otherProcesses() async throws {
        let sandbox = try Sandbox()
        let origin = try await sandbox.repository()
        let commit = try await origin.commit("one")
        // Each process has its own locks; what they share is the file.
        let mirrors = (0..<4).map { _ in sandbox.mirror(RepositoryLocks()) }
        let source = origin.source
        let running = Running()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for mirror in mirrors {
                group.addTask {
                    _ = try await mirror.fetch(ref: "refs/heads/main", commit: commit, from: source)
                    try await mirror.exclusively { () async throws(GitError) -> Void in
                        running.count.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
                        await Task.yield()
                        running.count.withLock { $0.now -= 1 }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(running.count.withLock { $0.most } == 1)
        let held = try #require(try FileLock.take("\(mirrors[0].directory).lock"))
        #expect(await code { try await mirrors[0].exclusively(patience: .milliseconds(20)) {} } == .busy)
        let waiting = Task { try await mirrors[1].exclusively {} }
        waiting.cancel()
        #expect(await code { try await waiting.value } == .cancelled)
        held.release()
        _ = try await mirrors[0].fetch(ref: "refs/heads/main", commit: nil, from: source)
    }

    @Test("what another process left in the middle is cleared away by the next one, which need not start anew")
    func leftoversOfOthers() async throws {
        let sandbox = try Sandbox()
        let origin = try await sandbox.repository()
        let one = try await origin.commit("one")
        let mirror = sandbox.mirror()
        _ = try await mirror.fetch(ref: "refs/heads/main", commit: one, from: origin.source)
        let two = try await origin.commit("two")
        try Data().write(to: URL(filePath: "\(mirror.directory)/packed-refs.lock"))
        // The lock's file as a process leaves it that was killed.
        try Data().write(to: URL(filePath: "\(mirror.directory).lock"))
        _ = try await mirror.fetch(ref: "refs/heads/main", commit: two, from: origin.source)
        #expect(!FileManager.default.fileExists(atPath: "\(mirror.directory)/packed-refs.lock"))
    }

    @Test("tags are where the server has them: new, moved and removed ones")
    func tags() async throws {
        let sandbox = try Sandbox()
        let origin = try await sandbox.repository()
        let mirror = sandbox.mirror()
        let copy = Repository(path: mirror.directory)
        func tags() async throws -> [String] {
            try await copy.git("for-each-ref", "--format=%(refname:short) %(objecttype) %(objectname)", "refs/tags")
                .split(separator: "\n").map(String.init)
        }
        let one = try await origin.commit("one")
        try await origin.git("tag", "light")
        try await origin.git("tag", "--annotate", "--message", "v1", "v1")
        let note = try await origin.git("rev-parse", "v1")
        _ = try await mirror.fetch(ref: "refs/heads/main", commit: one, from: origin.source)
        #expect(try await tags() == ["light commit \(one)", "v1 tag \(note)"])
        let two = try await origin.commit("two")
        try await origin.git("tag", "--force", "light")
        try await origin.git("tag", "--delete", "v1")
        try await origin.git("tag", "v1/a")
        _ = try await mirror.fetch(ref: "refs/tags/light", commit: two, from: origin.source)
        #expect(try await tags() == ["light commit \(two)", "v1/a commit \(two)"])
        // What was kept before is kept still.
        #expect(try await mirror.fetch(ref: "refs/heads/main", commit: one, from: origin.source) == one)
        #expect(try await copy.git("for-each-ref", "--format=x", "refs/slipway/commits") == "x\nx")
    }

    @Test("a tag that Git refuses fails no push")
    func refusedTag() async throws {
        let sandbox = try Sandbox()
        let origin = try await sandbox.repository()
        try await origin.commit(
            "hostile", [".gitmodules": "[submodule \"x\"]\n\tpath = x\n\turl = --upload-pack=touch\n"])
        try await origin.git("tag", "hostile")
        try await origin.git("checkout", "--quiet", "--orphan", "other")
        try await origin.git("rm", "--quiet", "--cached", ".gitmodules")
        try FileManager.default.removeItem(atPath: origin.path + "/.gitmodules")
        let commit = try await origin.commit("honest")
        let source = FetchSource(url: "file://" + origin.path)
        let mirror = sandbox.mirror()
        #expect(try await mirror.fetch(ref: "refs/heads/other", commit: commit, from: source) == commit)
        #expect(
            await code { _ = try await mirror.fetch(ref: "refs/tags/hostile", commit: nil, from: source) }
                == .unsafeObjects)
    }

    @Test("the object format is the server's, whatever is asked for first", arguments: ["sha1", "sha256"])
    func format(_ format: String) async throws {
        let sandbox = try Sandbox()
        let origin = try await sandbox.repository(format: format)
        let commit = try await origin.commit("one")
        let short = String(repeating: "1", count: 40)
        let long = String(repeating: "1", count: 64)
        let questions: [(Mirror) async throws -> Void] = [
            { _ = try await $0.fetch(naming: "main", from: origin.source) },
            { _ = try await $0.fetch(naming: "nope", from: origin.source) },
            { _ = try await $0.fetch(naming: short, from: origin.source) },
            { _ = try await $0.fetch(naming: long, from: origin.source) },
            { _ = try await $0.fetch(ref: "refs/heads/main", commit: nil, from: origin.source) },
            { _ = try await $0.fetch(ref: "refs/heads/main", commit: short, from: origin.source) },
            { _ = try await $0.fetch(ref: "refs/heads/main", commit: long, from: origin.source) },
        ]
        for (number, ask) in questions.enumerated() {
            let mirror = Mirror(
                directory: "\(sandbox.path)/\(number).git", program: sandbox.program, locks: RepositoryLocks())
            let first = await code { try await ask(mirror) }
            #expect(first == nil || first == .refNotFound, "\(number)")
            #expect(try await mirror.fetch(ref: "refs/heads/main", commit: commit, from: origin.source) == commit)
            #expect(try await mirror.commit(commit).details.message == "one")
        }
    }

    @Test(
        "a repository that was made anew in the other object format gets a new mirror", arguments: ["sha1", "sha256"])
    func changedFormat(_ format: String) async throws {
        let sandbox = try Sandbox()
        let mirror = sandbox.mirror()
        var origin = try await sandbox.repository(format: format)
        let one = try await origin.commit("one")
        _ = try await mirror.fetch(ref: "refs/heads/main", commit: one, from: origin.source)
        try FileManager.default.removeItem(atPath: origin.path)
        origin = try await sandbox.repository(format: format == "sha1" ? "sha256" : "sha1")
        let two = try await origin.commit("two")
        #expect(try await mirror.fetch(ref: "refs/heads/main", commit: two, from: origin.source) == two)
        #expect(try await mirror.commit(two).details.message == "two")
    }

    @Test(
        "a commit's own encoding is heeded, for its message and its author",
        arguments: [("ISO-8859-1", [0xE9]), ("windows-1252", [0x80]), ("EUC-JP", [0xA4, 0xA2])]
            as [(String, [UInt8])])
    func encoding(_ name: String, _ bytes: [UInt8]) async throws {
        let sandbox = try Sandbox()
        let origin = try await sandbox.repository()
        let tree = try await origin.git(arguments: ["write-tree"])
        let object =
            Array("tree \(tree)\nauthor Ad".utf8) + bytes + Array(" <ada@example.org> 1600000000 +0100\n".utf8)
            + Array("committer Ad".utf8) + bytes + Array(" <ada@example.org> 1700000000 +0100\n".utf8)
            + Array("encoding \(name)\n\ncaf".utf8) + bytes + Array("\n\nbody\n".utf8)
        try Data(object).write(to: URL(filePath: sandbox.path + "/object"))
        let commit = try await origin.git("hash-object", "-t", "commit", "-w", sandbox.path + "/object")
        try await origin.git("update-ref", "refs/heads/main", commit)
        let mirror = sandbox.mirror()
        _ = try await mirror.fetch(ref: "refs/heads/main", commit: commit, from: origin.source)
        let details = try await mirror.commit(commit).details
        let letter = ["ISO-8859-1": "é", "windows-1252": "€", "EUC-JP": "あ"][name] ?? ""
        #expect(details.message == "caf\(letter)\n\nbody")
        #expect(details.authorName == "Ad\(letter)")
        #expect(details.authorEmail == "ada@example.org")
        #expect(details.committedAt == 1_700_000_000)
    }

    @Test("an encoding that nobody knows leaves what can be read")
    func unknownEncoding() async throws {
        let sandbox = try Sandbox()
        let origin = try await sandbox.repository()
        try await origin.git("-c", "i18n.commitEncoding=x-none", "commit", "--quiet", "--allow-empty", "-m", "plain")
        let commit = try await origin.git("rev-parse", "HEAD")
        let mirror = sandbox.mirror()
        _ = try await mirror.fetch(ref: "refs/heads/main", commit: commit, from: origin.source)
        #expect(try await mirror.commit(commit).details.message == "plain")
    }

    @Test("maintenance lets the oldest kept commits go")
    func maintenance() async throws {
        let sandbox = try Sandbox()
        let origin = try await sandbox.repository()
        let mirror = sandbox.mirror()
        for number in 0..<5 {
            let commit = try await origin.commit("\(number)")
            _ = try await mirror.fetch(ref: "refs/heads/main", commit: commit, from: origin.source)
        }
        try await mirror.maintain(keeping: 2)
        let refs = try await Repository(path: mirror.directory).git("for-each-ref", "refs/slipway/commits")
        #expect(refs.split(separator: "\n").count == 2)
    }
}

import FoundationEssentials
import Testing

@testable import Git

@Suite("Checkout")
struct CheckoutTests {
    @Test("the commit is there, on its branch, without hook or credential")
    func branch() async throws {
        let sandbox = try Sandbox()
        let origin = try await sandbox.repository()
        let commit = try await origin.commit("one", ["src/a.txt": "hello"])
        try await origin.commit("two", ["src/a.txt": "later"])
        let workspace = sandbox.path + "/work"
        try await sandbox.program.checkout(
            Checkout(url: origin.path, commit: commit, ref: "refs/heads/main", directory: workspace))
        #expect(try text(workspace + "/src/a.txt") == "hello")
        let work = Repository(path: workspace)
        #expect(try await work.git("rev-parse", "--abbrev-ref", "HEAD") == "main")
        #expect(try await work.git("rev-parse", "HEAD") == commit)
        #expect(try await work.git("remote") == "")
        #expect(try await work.git("status", "--porcelain") == "")
        #expect(!FileManager.default.fileExists(atPath: workspace + "/.git/hooks"))
    }

    @Test("the workspace is a repository as git makes it, of either object format", arguments: ["sha1", "sha256"])
    func format(_ format: String) async throws {
        let sandbox = try Sandbox()
        let origin = try await sandbox.repository(format: format)
        let commit = try await origin.commit("one", ["a.txt": "hello"])
        let workspace = sandbox.path + "/work"
        try await sandbox.program.checkout(
            Checkout(url: origin.path, commit: commit, ref: "refs/heads/main", directory: workspace))
        let work = Repository(path: workspace)
        #expect(try await work.git("rev-parse", "HEAD") == commit)
        #expect(try await work.git("rev-parse", "--show-object-format") == format)
        #expect(try await work.git("fsck", "--strict") == "")
        // A step may go on with it.
        try work.write("more", to: "b.txt")
        try await work.git("add", "b.txt")
        try await work.git("commit", "--quiet", "-m", "two")
        #expect(try await work.git("rev-list", "--count", "HEAD") == "2")
    }

    @Test("what is built for a commit that was named itself is that commit, detached")
    func byCommit() async throws {
        let sandbox = try Sandbox()
        let origin = try await sandbox.repository()
        let commit = try await origin.commit("one")
        let workspace = sandbox.path + "/work"
        try await sandbox.program.checkout(
            Checkout(url: origin.path, commit: commit, ref: commit, directory: workspace))
        let work = Repository(path: workspace)
        #expect(try await work.git("rev-parse", "HEAD") == commit)
        #expect(try await work.git("rev-parse", "--abbrev-ref", "HEAD") == "HEAD")
    }

    @Test("a tag or a commit leaves the head detached; history is as deep as asked for")
    func detached() async throws {
        let sandbox = try Sandbox()
        let origin = try await sandbox.repository()
        try await origin.commit("one")
        try await origin.commit("two")
        let commit = try await origin.commit("three")
        let workspace = sandbox.path + "/work"
        try await sandbox.program.checkout(
            Checkout(
                url: "file://" + origin.path, commit: commit, ref: "refs/tags/v1", directory: workspace, depth: 2))
        let work = Repository(path: workspace)
        #expect(try await work.git("rev-parse", "--abbrev-ref", "HEAD") == "HEAD")
        #expect(try await work.git("rev-list", "--count", "HEAD") == "2")
    }

    @Test("the remote origin is the forge's address; a push to it is the step's own affair")
    func origin() async throws {
        let sandbox = try Sandbox()
        let origin = try await sandbox.repository()
        let commit = try await origin.commit("one")
        for (number, url) in ["https://git.example/shop/web.git", "git@git.example:shop/\"a#b;c\\\".git"].enumerated() {
            let work = Repository(path: "\(sandbox.path)/work-\(number)")
            try await sandbox.program.checkout(
                Checkout(
                    url: origin.path, commit: commit, ref: "refs/heads/main", origin: url, directory: work.path))
            #expect(try await work.git("remote", "get-url", "origin") == url)
            #expect(try await work.git("rev-parse", "origin/main") == commit)
        }
        let refused = Checkout(
            url: origin.path, commit: commit, origin: "https://u:p@git.example/a.git", directory: sandbox.path + "/no")
        #expect(await code { try await sandbox.program.checkout(refused) } == .invalid)
    }

    @Test("a tag's own run describes itself, also where the tag is gone or moved", arguments: ["light", "annotated"])
    func ownTag(_ kind: String) async throws {
        let sandbox = try Sandbox()
        let origin = try await sandbox.repository()
        try await origin.commit("one")
        let commit = try await origin.commit("two")
        func describe(_ tag: String, depth: Int) async throws -> String {
            let work = Repository(path: "\(sandbox.path)/work-\(UInt32.random(in: 0 ... .max))")
            try await sandbox.program.checkout(
                Checkout(
                    url: "file://" + origin.path, commit: commit, ref: "refs/tags/\(tag)", directory: work.path,
                    depth: depth))
            #expect(try await work.git("for-each-ref", "--format=%(refname)") == "refs/tags/\(tag)")
            return try await work.git("describe", "--tags", "--exact-match")
        }
        let options = kind == "light" ? [] : ["--annotate", "--message", "release"]
        try await origin.git(arguments: ["tag"] + options + ["v1.0"])
        #expect(try await describe("v1.0", depth: 1) == "v1.0")
        #expect(try await describe("v1.0", depth: 50) == "v1.0")
        // Others of the same commit, which git prefers where they are annotated.
        try await origin.git("tag", "--annotate", "--message", "candidate", "v1.1-rc.1")
        try await origin.git("tag", "another")
        #expect(try await describe("v1.0", depth: 1) == "v1.0")
        #expect(try await describe("v1.0", depth: 50) == "v1.0")
        #expect(try await describe("another", depth: 1) == "another")
        try await origin.git("tag", "--delete", "v1.1-rc.1", "another")
        try await origin.git(arguments: ["tag", "--force"] + options + ["v1.0", "HEAD~1"])
        #expect(try await describe("v1.0", depth: 1) == "v1.0")
        #expect(try await describe("v1.0", depth: 50) == "v1.0")
        try await origin.git("tag", "--delete", "v1.0")
        #expect(try await describe("v1.0", depth: 1) == "v1.0")
    }

    @Test("a branch's run knows the tags of its history and no others, with or without a cache")
    func tags() async throws {
        let sandbox = try Sandbox()
        let origin = try await sandbox.repository()
        let cache = sandbox.cache()
        try await origin.commit("0")
        try await origin.git("tag", "v0")
        for number in 1...3 { try await origin.commit("\(number)") }
        try await origin.git("tag", "--annotate", "--message", "two", "v2", "HEAD~1")
        let commit = try await origin.git("rev-parse", "HEAD")
        try await origin.git("checkout", "--quiet", "-b", "side")
        let side = try await origin.commit("side")
        try await origin.git("tag", "side")
        // Three commits deep, so the first tag is behind the end of the history.
        for _ in 0..<2 {
            try await sandbox.expectSameWithCache(side, of: origin, ref: "refs/heads/side", cache)
            try await sandbox.expectSameWithCache(commit, of: origin, cache)
        }
        for cache in [nil, cache] {
            let work = try await sandbox.workspace(commit, of: origin, through: cache)
            #expect(try await work.git("tag") == "v2")
            #expect(try await work.git("describe") == "v2-1-g\(commit.prefix(7))")
        }
    }

    @Test("branches whose names no command takes leave the head detached", arguments: ["-x", "HEAD", "@", "--force"])
    func oddBranches(_ name: String) async throws {
        let sandbox = try Sandbox()
        let origin = try await sandbox.repository()
        let commit = try await origin.commit("one", ["a.txt": "hello"])
        try await origin.git("update-ref", "refs/heads/\(name)", commit)
        let mirror = sandbox.mirror()
        let fetched = try await mirror.fetch(ref: "refs/heads/\(name)", commit: commit, from: origin.source)
        let work = Repository(path: sandbox.path + "/work")
        try await sandbox.program.checkout(
            Checkout(url: mirror.directory, commit: fetched, ref: "refs/heads/\(name)", directory: work.path))
        #expect(try await work.git("rev-parse", "HEAD") == commit)
        #expect(try await work.git("rev-parse", "--abbrev-ref", "HEAD") == "HEAD")
        #expect(try await work.git("status", "--porcelain") == "")
        #expect(try await work.git("for-each-ref") == "")
    }

    @Test("branches with odd names that git can be on", arguments: ["a@b", "ü", "a'b", "x;y", "FETCH_HEAD", "a/b.c"])
    func strangeBranches(_ name: String) async throws {
        let sandbox = try Sandbox()
        let origin = try await sandbox.repository()
        let commit = try await origin.commit("one")
        let work = Repository(path: sandbox.path + "/work")
        try await sandbox.program.checkout(
            Checkout(url: origin.path, commit: commit, ref: "refs/heads/\(name)", directory: work.path))
        #expect(try await work.git("symbolic-ref", "HEAD") == "refs/heads/\(name)")
    }

    @Test("symbolic links are links, or files where they are not wanted")
    func symlinks() async throws {
        let sandbox = try Sandbox()
        let origin = try await sandbox.repository()
        try FileManager.default.createSymbolicLink(atPath: origin.path + "/link", withDestinationPath: "/etc/passwd")
        let commit = try await origin.commit("link")
        for symlinks in [true, false] {
            let workspace = "\(sandbox.path)/work-\(symlinks)"
            try await sandbox.program.checkout(
                Checkout(url: origin.path, commit: commit, directory: workspace, symlinks: symlinks))
            let type =
                try FileManager.default.attributesOfItem(atPath: workspace + "/link")[.type] as? FileAttributeType
            #expect(type == (symlinks ? .typeSymbolicLink : .typeRegular))
        }
    }

    @Test("a repository's own attributes, filters and hooks run nothing")
    func hostile() async throws {
        let sandbox = try Sandbox()
        let origin = try await sandbox.repository()
        let proof = sandbox.path + "/proof"
        let commit = try await origin.commit(
            "hostile",
            [
                ".gitattributes": "* filter=evil\n*.txt diff=evil\n", "a.txt": "text",
                ".gitconfig": "[filter \"evil\"]\n\tsmudge = touch \(proof)\n",
                "hooks/post-checkout": "#!/bin/sh\ntouch \(proof)\n",
            ])
        try FileManager.default.createDirectory(atPath: origin.path + "/.git/hooks", withIntermediateDirectories: true)
        let hook = origin.path + "/.git/hooks/post-checkout"
        try Data("#!/bin/sh\ntouch \(proof)\n".utf8).write(to: URL(filePath: hook))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: hook)
        try await sandbox.program.checkout(
            Checkout(url: origin.path, commit: commit, directory: sandbox.path + "/work"))
        #expect(!FileManager.default.fileExists(atPath: proof))
    }

    @Test("a tree with .git in it, or a submodule that is an option, is refused")
    func unsafeObjects() async throws {
        let sandbox = try Sandbox()
        let origin = try await sandbox.repository()
        let commit = try await origin.commit(
            "submodule", [".gitmodules": "[submodule \"x\"]\n\tpath = x\n\turl = --upload-pack=touch\n"])
        let code = await code {
            try await sandbox.program.checkout(
                Checkout(url: "file://" + origin.path, commit: commit, directory: sandbox.path + "/work"))
        }
        #expect(code == .unsafeObjects)
    }

    @Test("a commit that is not there, or an address that is none")
    func missing() async throws {
        let sandbox = try Sandbox()
        let origin = try await sandbox.repository()
        try await origin.commit("one")
        let program = sandbox.program
        let workspace = sandbox.path + "/work"
        let absent = String(repeating: "1", count: 40)
        #expect(
            await code {
                try await program.checkout(Checkout(url: origin.path, commit: absent, directory: workspace))
            } == .refNotFound)
        #expect(
            await code {
                try await program.checkout(Checkout(url: "ext::sh -c touch% x", commit: absent, directory: workspace))
            } == .invalid)
        #expect(
            await code {
                try await program.checkout(Checkout(url: origin.path, commit: "--help", directory: workspace))
            } == .invalid)
        var strict = program
        strict.allowsFile = false
        let address = origin.path
        #expect(
            await code {
                try await strict.checkout(Checkout(url: address, commit: absent, directory: workspace))
            } == .invalid)
    }

    private func text(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
    }
}

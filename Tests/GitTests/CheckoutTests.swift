import FoundationEssentials
import Testing

@testable import Git

@Suite("Checkout")
struct CheckoutTests {
    @Test("the commit is there, on its branch, without hook, remote or credential")
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

import FoundationEssentials
import Testing

@testable import Git

@Suite("Submodules")
struct SubmoduleTests {
    @Test(
        "an address is one of the same server, by the protocol of the repository it belongs to",
        arguments: [
            ("../lib.git", "https://git.example/shop/web.git", "https://git.example/shop/lib.git"),
            ("../../libs/lib.git", "https://git.example:8443/shop/web.git", "https://git.example:8443/libs/lib.git"),
            ("./sub.git", "https://git.example/shop/web.git/", "https://git.example/shop/web.git/sub.git"),
            ("../lib", "git@git.example:shop/web.git", "git@git.example:shop/lib"),
            ("../lib.git", "ssh://git@git.example:2222/shop/web.git", "ssh://git@git.example:2222/shop/lib.git"),
            ("https://git.example/libs/a.git", "https://git.example/shop/web.git", "https://git.example/libs/a.git"),
            (
                "https://ada@GIT.example/libs/a.git", "https://git.example/shop/web.git",
                "https://git.example/libs/a.git"
            ),
            ("https://ada:x@git.example/a.git", "https://git.example/shop/web.git", "https://git.example/a.git"),
            ("http://git.example/libs/a.git", "https://git.example/shop/web.git", "https://git.example/libs/a.git"),
            ("https://git.example:443/a.git", "https://git.example/shop/web.git", "https://git.example/a.git"),
            (
                "git@git.example:libs/a.git", "https://git.example:8443/shop/web.git",
                "https://git.example:8443/libs/a.git"
            ),
            ("git@git.example:/libs/a.git", "https://git.example/shop/web.git", "https://git.example/libs/a.git"),
            ("ssh://git@git.example:2222/a.git", "https://git.example/shop/web.git", "https://git.example/a.git"),
            ("https://git.example/libs/a.git", "git@git.example:shop/web.git", "git@git.example:libs/a.git"),
            ("../lib", "/srv/git/web", "/srv/git/lib"), ("/srv/other", "file:///srv/git/web", "/srv/other"),
        ])
    func resolved(_ url: String, _ parent: String, _ expected: String) throws {
        let address = try SubmoduleAddress.resolve(url, below: RemoteAddress(parent, allowsFile: true))
        #expect(address.text == expected)
    }

    @Test(
        "another server, another protocol and what is no address",
        arguments: [
            ("https://elsewhere.example/a.git", "https://git.example/shop/web.git"),
            ("https://git.example.evil.example/a.git", "https://git.example/shop/web.git"),
            ("https://git.example@evil.example/a.git", "https://git.example/shop/web.git"),
            ("https://git.example:8443/a.git", "https://git.example/shop/web.git"),
            ("git@elsewhere.example:a.git", "https://git.example/shop/web.git"),
            ("https://evil.example/a.git", "git@git.example:shop/web.git"),
            ("../../../a.git", "https://git.example/shop/web.git"), ("../..", "https://git.example/shop/web.git"),
            ("/etc", "https://git.example/shop/web.git"), ("file:///etc", "https://git.example/shop/web.git"),
            ("ext::sh -c id", "https://git.example/shop/web.git"), ("--upload-pack=id", "https://git.example/a/b.git"),
            ("fd::17/a", "https://git.example/shop/web.git"), ("", "https://git.example/shop/web.git"),
            ("ssh://-oProxyCommand=id/a", "https://git.example/shop/web.git"),
            ("https://git.example/a.git", "/srv/web"),
            ("git://git.example/a.git", "https://git.example/shop/web.git"),
        ])
    func refused(_ url: String, _ parent: String) throws {
        let parent = try RemoteAddress(parent, allowsFile: true)
        #expect(throws: GitError.self) { try SubmoduleAddress.resolve(url, below: parent) }
    }

    @Test("those of a commit: by any name and path, without what is excluded or no submodule")
    func listed() async throws {
        let sandbox = try Sandbox()
        let origin = try await sandbox.repository()
        let inner = String(repeating: "1", count: 40)
        let modules = """
            [submodule "a"]
            \tpath = libs/a
            \turl = ../a.git
            [submodule "with.dots and \\"quotes\\""]
            \tpath = ü/b c
            \turl = ../b.git
            [submodule "glob"]
            \tpath = lib*
            \turl = ../glob.git
            [submodule "excluded"]
            \tpath = excluded
            \turl = ../excluded.git
            \tupdate = none
            [submodule "gone"]
            \tpath = gone
            \turl = ../gone.git
            [submodule "file"]
            \tpath = file.txt
            \turl = ../file.git
            [include]
            \tpath = /etc/passwd
            """
        try origin.write(modules, to: ".gitmodules")
        try origin.write("file", to: "file.txt")
        try await origin.git("add", "--all")
        for path in ["libs/a", "ü/b c", "excluded", "unnamed"] {
            try await origin.git("update-index", "--add", "--cacheinfo", "160000,\(inner),\(path)")
        }
        try await origin.git("commit", "--quiet", "-m", "modules")
        let commit = try await origin.git("rev-parse", "HEAD")
        let plain = try await origin.git(arguments: [
            "commit-tree", "-m", "none", "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
        ])
        let mirror = sandbox.mirror()
        _ = try await mirror.fetch(ref: "refs/heads/main", commit: commit, from: origin.source)
        #expect(
            Set(try await mirror.submodules(at: commit)) == [
                Submodule(path: "libs/a", url: "../a.git", commit: inner),
                Submodule(path: "ü/b c", url: "../b.git", commit: inner),
            ])
        try await origin.git("update-ref", "refs/heads/plain", plain)
        _ = try await mirror.fetch(ref: "refs/heads/plain", commit: plain, from: origin.source)
        #expect(try await mirror.submodules(at: plain).isEmpty)
    }

    @Test("a folder that is a link, or none, takes no submodule")
    func folders() throws {
        let sandbox = try Sandbox()
        let files = FileManager.default
        try files.createDirectory(atPath: sandbox.path + "/work/libs/a", withIntermediateDirectories: true)
        try files.createSymbolicLink(atPath: sandbox.path + "/work/link", withDestinationPath: "/tmp")
        try Data().write(to: URL(filePath: sandbox.path + "/work/file"))
        let work = sandbox.path + "/work"
        #expect(try GitProgram.submoduleFolder("libs/a", in: work) == work + "/libs/a")
        for path in ["", "link", "link/x", "file", "none", "../home", "libs/../libs/a", "libs//a", "/tmp", ".git"] {
            #expect(throws: GitError.self, "\(path)") { try GitProgram.submoduleFolder(path, in: work) }
        }
    }
}

import Glibc
import Testing

@testable import Threading

@Suite struct OpenFolderTests {
    /// A folder with files, links and, beside it, what nothing may lead to.
    private static func with(_ body: (String) throws -> Void) throws {
        let root = "/tmp/slipway-folder-\(UInt64.random(in: 0 ... .max))"
        for path in ["", "/in", "/in/a", "/in/a/b", "/out"] { #expect(mkdir(root + path, 0o700) == 0) }
        for path in ["/in/a/file", "/out/key"] { close(open(root + path, O_CREAT | O_WRONLY | O_CLOEXEC, 0o600)) }
        for (path, target) in links { #expect(symlink(target.replacing("ROOT", with: root), root + path) == 0) }
        defer {
            for (path, _) in links { unlink(root + path) }
            for path in ["/in/a/file", "/out/key"] { unlink(root + path) }
            for path in ["/in/a/b", "/in/a", "/in", "/out", ""] { rmdir(root + path) }
        }
        try body(root)
    }

    private static let links = [
        ("/in/to-a", "a"), ("/in/a/b/up", "../../to-a/file"), ("/in/out", "../out"), ("/in/absolute", "ROOT/in/a"),
        ("/in/key", "a/../../out/key"), ("/in/self", "self"), ("/in/magic", "/proc/self/root"),
    ]

    @Test("links within are followed and none leads out, by the kernel and by looking", arguments: [true, false])
    func beneath(byKernel: Bool) throws {
        try Self.with { root in
            let folder = try OpenFolder("\(root)/in")
            func code(_ path: String, _ flags: Int32 = O_RDONLY) -> Int32 {
                do {
                    close(try byKernel ? folder.open(path, flags) : folder.walk(path, flags))
                    return 0
                } catch {
                    return error.code
                }
            }
            for path in [
                ".", "a", "a/", "a/file", "to-a/file", "a/b/up", "a/b/../../a/./file", "to-a/../a/b", "a//b",
            ] { #expect(code(path) == 0, "\(path)") }
            for path in ["..", "a/../..", "out", "out/key", "key", "absolute", "magic/etc", "/", "\(root)/in/a"] {
                #expect(code(path) == EXDEV, "\(path)")
            }
            #expect(code("none") == ENOENT)
            #expect(code("a/file/x") == ENOTDIR)
            #expect(code("a/file", O_RDONLY | O_DIRECTORY) == ENOTDIR)
            #expect(code("self") == ELOOP)
            #expect(code("to-a", O_RDONLY | O_NOFOLLOW) == ELOOP)
            #expect(code("to-a/file", O_RDONLY | O_NOFOLLOW) == 0)
        }
    }

    @Test("what is open stays what it was")
    func swapped() throws {
        try Self.with { root in
            let folder = try OpenFolder("\(root)/in").folder("a")
            #expect(rename("\(root)/in/a", "\(root)/in/moved") == 0)
            #expect(symlink("../out", "\(root)/in/a") == 0)
            #expect(folder.has("file") && !folder.has("key"))
            #expect(throws: OpenFolderError.self) { try OpenFolder("\(root)/in").folder("a") }
            #expect(throws: OpenFolderError.self) { try OpenFolder("\(root)/in").folder("to-a", followsLinks: false) }
            #expect(unlink("\(root)/in/a") == 0)
            #expect(rename("\(root)/in/moved", "\(root)/in/a") == 0)
        }
    }
}

import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Worker

@Suite struct FileTreeTests {
    /// A tree of folders (with `/` at the end) and files of these modes.
    private func make(_ modes: KeyValuePairs<String, mode_t>, in directory: FilePath) throws {
        for (name, mode) in modes {
            let path = directory.appending(name.hasSuffix("/") ? String(name.dropLast()) : name)
            if name.hasSuffix("/") {
                try FileTree.make(path)
            } else {
                try FileDescriptor.open(
                    path, .writeOnly, options: .create, permissions: .ownerReadWrite
                ).close()
            }
            #expect(path.withPlatformString { chmod($0, mode) } == 0)
        }
    }

    private func modes(_ names: [String], in directory: FilePath) -> [String: mode_t] {
        var modes: [String: mode_t] = [:]
        for name in names {
            var status = stat()
            modes[name] =
                directory.appending(name).withPlatformString { lstat($0, &status) } == 0 ? status.st_mode & 0o7777 : 0
        }
        return modes
    }

    @Test func whatOthersMayReadIsOpenedAndNothingElse() async throws {
        try await withTemporaryDirectory { directory in
            try make(
                [
                    "outside": 0o644, "tree/": 0o755, "tree/text": 0o644, "tree/run": 0o755, "tree/object": 0o444,
                    "tree/key": 0o600, "tree/group": 0o640, "tree/suid": 0o4755, "tree/tmp/": 0o1755,
                    "tree/tmp/deep": 0o644, "tree/readonly/": 0o555, "tree/private/": 0o700, "tree/private/in": 0o644,
                ], in: directory)
            #expect(symlink("../outside", directory.appending("tree/link").string) == 0)
            #expect(FileTree.open(directory.appending("tree")) == [])
            let expected: [String: mode_t] = [
                "outside": 0o644, "tree": 0o777, "tree/text": 0o666, "tree/run": 0o777, "tree/object": 0o444,
                "tree/key": 0o600, "tree/group": 0o640, "tree/suid": 0o4755, "tree/tmp": 0o1777,
                "tree/tmp/deep": 0o666, "tree/readonly": 0o555, "tree/private": 0o700, "tree/private/in": 0o644,
            ]
            #expect(modes(Array(expected.keys), in: directory) == expected)
        }
    }

    /// Deeper than there are descriptors and than a stack has room: it would end the builder, at each start again.
    @Test func aTreeAsDeepAsAJobLikesIsRemoved() async throws {
        try await withTemporaryDirectory { directory in
            let tree = directory.appending("tree")
            try FileTree.make(tree)
            for (branch, depth) in [("a", 21_000), ("b", 200)] {
                var folder = tree.withPlatformString { Glibc.open($0, O_RDONLY | O_DIRECTORY) }
                for level in 0..<depth {
                    #expect(mkdirat(folder, branch, 0o700) == 0)
                    if level % 100 == 99 { #expect(symlinkat("/", folder, "link") == 0) }
                    let child = openat(folder, branch, O_RDONLY | O_DIRECTORY)
                    try #require(child >= 0)
                    // It lets nobody in.
                    if level % 70 == 0 { #expect(fchmod(folder, 0o500) == 0) }
                    close(folder)
                    folder = child
                }
                close(folder)
                #expect(fchmodat(AT_FDCWD, tree.string, 0o700, 0) == 0)
            }
            _ = FileTree.open(tree)
            _ = FileTree.foreignFolders(tree)
            try FileTree.remove(tree)
            #expect(access(tree.string, F_OK) != 0)
        }
    }

    /// The rights of this thread's files are another user's meanwhile.
    @Test(.enabled(if: geteuid() == 0, "only root can be somebody else")) func whatBelongsToOthersIsNamed() async throws
    {
        try await withTemporaryDirectory { directory in
            try make(
                [
                    "tree/": 0o777, "tree/mine": 0o644, "tree/root": 0o644, "tree/open": 0o666, "tree/key": 0o600,
                    "tree/sub/": 0o755, "tree/sub/it's": 0o755,
                ], in: directory)
            #expect(directory.withPlatformString { chmod($0, 0o755) } == 0)
            #expect(directory.appending("tree/mine").withPlatformString { chown($0, 65534, 65534) } == 0)
            typealias Call = @convention(c) (uid_t) -> CInt
            let setFileUser = unsafeBitCast(try #require(dlsym(nil, "setfsuid")), to: Call.self)
            _ = setFileUser(65534)
            let closed = FileTree.open(directory.appending("tree"))
            _ = setFileUser(0)
            #expect(Set(closed.map { String(decoding: $0, as: UTF8.self) }) == ["root", "sub", "sub/it's"])
            #expect(modes(["tree/mine", "tree/root"], in: directory) == ["tree/mine": 0o666, "tree/root": 0o644])
        }
    }

    /// However much a job made, removing it ends.
    @Test func aRemovalIsGivenUpInTime() async throws {
        try await withTemporaryDirectory { directory in
            try make(["tree/": 0o755, "tree/a": 0o644, "tree/b": 0o644], in: directory)
            let tree = directory.appending("tree")
            #expect(throws: Errno.timedOut) { try FileTree.remove(tree, until: .now) }
            await #expect(throws: Errno.timedOut) { try await FileTree.remove(tree, within: .zero) }
            try await FileTree.remove(tree, within: .seconds(60))
            #expect(modes(["tree"], in: directory) == ["tree": 0])
        }
    }

    /// Also in the middle of a directory without others.
    @Test func aRemovalOfManyFilesIsGivenUpInTime() async throws {
        try await withTemporaryDirectory { directory in
            let tree = directory.appending("tree")
            try FileTree.make(tree)
            for number in 0..<20_000 {
                let file = Glibc.open(tree.appending("\(number)").string, O_WRONLY | O_CREAT, 0o600)
                try #require(file >= 0)
                close(file)
            }
            #expect(throws: Errno.timedOut) {
                try FileTree.remove(tree, until: .now.advanced(by: .milliseconds(1)))
            }
            #expect(!FileTree.names(in: tree).isEmpty)
        }
    }
}

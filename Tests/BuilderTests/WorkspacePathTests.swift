import Contracts
import Glibc
import PipelineLanguage
import SystemPackage
import TestSupport
import Testing
import Worker

@testable import Builder

@Suite struct WorkspacePathTests {
    private func stage(_ base: String? = nil, _ path: String? = nil) -> Stage {
        Stage(name: "main", workspace: Workspace(base: base, path: path), steps: [])
    }

    @Test func anAbsolutePathIsTheWorkspace() {
        #expect(WorkspacePath.inContainers(of: stage()) == "/drone/src")
        #expect(WorkspacePath.inContainers(of: stage(nil, "")) == "/drone/src")
        #expect(WorkspacePath.inContainers(of: stage("/go", "src/x")) == "/go/src/x")
        #expect(WorkspacePath.inContainers(of: stage("/go/", "./src//x/")) == "/go/src/x")
        #expect(WorkspacePath.inContainers(of: stage(nil, "/go/src/example.org/app")) == "/go/src/example.org/app")
        #expect(WorkspacePath.inContainers(of: stage("/a", "/b/../c")) == "/c")
        #expect(WorkspacePath.inContainers(of: stage("src", nil)) == "/src")
    }

    @Test func whereAStepBegins() {
        let plain = Step(name: "s", commands: ["x"])
        let plugin = Step(name: "s", image: "x")
        let below = Step(name: "s", commands: ["x"], workingDirectory: "sub/../b")
        let elsewhere = Step(name: "s", commands: ["x"], workingDirectory: "/opt")
        #expect(WorkspacePath.directory(of: plain, isBackground: false, in: stage()) == "/drone/src")
        #expect(WorkspacePath.directory(of: plain, isBackground: true, in: stage()) == "/drone/src")
        #expect(WorkspacePath.directory(of: plugin, isBackground: false, in: stage()) == "/drone/src")
        #expect(WorkspacePath.directory(of: plugin, isBackground: true, in: stage()) == nil)
        #expect(WorkspacePath.directory(of: below, isBackground: false, in: stage("/w")) == "/w/b")
        #expect(WorkspacePath.directory(of: elsewhere, isBackground: true, in: stage()) == "/opt")
    }

    @Test func aProcessBeginsWhereAContainerWould() async throws {
        try await withTemporaryDirectory { directory in
            let workspace = directory.appending("workspace")
            try FileTree.make(workspace.appending("sub"))
            try await runTool("touch", [workspace.appending("file").string])
            let path = { (wanted: String?) throws(JobFailure) in
                try WorkspacePath.directory(
                    of: Step(name: "s", commands: ["x"], workingDirectory: wanted), in: workspace,
                    stage: stage(nil, "/go/src/app"))
            }
            #expect(try path(nil) == workspace)
            #expect(try path("sub") == workspace.appending("sub"))
            #expect(try path("/go/src/app/sub") == workspace.appending("sub"))
            #expect(try path("/go/src/app") == workspace)
            for (wanted, words) in [
                ("not/there", "the working directory “not/there” is not there"),
                ("file", "the working directory “file” is not there"),
                ("/go/src/app/none", "the working directory “/go/src/app/none” is not there"),
                ("/go/src/app/..", "is not there"), ("..", "leads out"), ("/etc", "leads out"),
            ] {
                let error = #expect(throws: JobFailure.self) { try path(wanted) }
                #expect(error?.reason.contains(words) == true, "\(wanted): \(error?.reason ?? "")")
            }
        }
    }

    /// The engine makes a directory that is not there: for commands the script looks, for anything else this does.
    @Test func aContainersDirectoryHasToBeThere() async throws {
        try await withTemporaryDirectory { directory in
            let workspace = directory.appending("workspace")
            try FileTree.make(workspace.appending("sub"))
            let check = { (path: String, mount: String?) throws(JobFailure) in
                let step = Step(
                    name: "s", workingDirectory: "given", mounts: mount.map { [Mount(name: "v", path: $0)] } ?? [])
                try WorkspacePath.check(path, of: step, in: workspace, stage: stage())
            }
            try check("/drone/src", nil)
            try check("/drone/src/sub", nil)
            try check("/opt/of/the/image", nil)
            try check("/drone/src/cache/x", "/drone/src/cache")
            let error = #expect(throws: JobFailure.self) { try check("/drone/src/none", nil) }
            #expect(error?.reason == "the working directory “given” is not there")
        }
    }

    @Test func theWholeWorkspaceIsOpenedAndNothingElse() async throws {
        try await withTemporaryDirectory { directory in
            let tree = directory.appending("tree")
            let outside = directory.appending("outside")
            try FileTree.make(tree.appending("a/.git/objects"))
            let files = ["tree/a/run": 0o700, "tree/a/.git/objects/x": 0o444, "outside": 0o600]
            for (name, mode) in files {
                let file = try FileDescriptor.open(
                    directory.appending(name), .writeOnly, options: .create,
                    permissions: FilePermissions(rawValue: mode_t(mode)))
                try file.close()
            }
            #expect(symlink(outside.string, tree.appending("a/link").string) == 0)
            FileTree.open(tree)
            let modes = ["tree", "tree/a", "tree/a/.git/objects", "tree/a/run", "tree/a/.git/objects/x", "outside"].map
            {
                var status = stat()
                return stat(directory.appending($0).string, &status) == 0 ? status.st_mode & 0o777 : 0
            }
            #expect(modes == [0o777, 0o777, 0o777, 0o777, 0o666, 0o600])
        }
    }
}

import Contracts
import Foundation
import Glibc
import PipelineLanguage
import SystemPackage
import TestSupport
import Testing
import Threading
import Worker

@testable import Builder

@Suite struct WorkspacePathTests {
    private func stage(_ base: String? = nil, _ path: String? = nil) -> Stage {
        Stage(name: "main", workspace: Workspace(base: base, path: path), steps: [])
    }

    @Test func anAbsolutePathIsTheWorkspace() {
        #expect(WorkspacePath.place(of: stage()).folder == "/drone/src")
        #expect(WorkspacePath.place(of: stage(nil, "")).folder == "/drone/src")
        #expect(WorkspacePath.place(of: stage("/go", "src/x")).folder == "/go/src/x")
        #expect(WorkspacePath.place(of: stage("/go/", "./src//x/")).folder == "/go/src/x")
        #expect(WorkspacePath.place(of: stage(nil, "/go/src/example.org/app")).folder == "/go/src/example.org/app")
        #expect(WorkspacePath.place(of: stage("/a", "/b/../c")).folder == "/c")
        #expect(WorkspacePath.place(of: stage("src", nil)).folder == "/src")
    }

    @Test("what is below the base is shared by all steps, and what is not is by itself")
    func base() {
        for (base, path, place) in [
            ("/go", "src/x", StepWorkspace("/go", path: "src/x")), ("/go", nil, StepWorkspace("/go")),
            (nil, "x", StepWorkspace("/drone/src", path: "x")), ("/go", "/go/src", StepWorkspace("/go", path: "src")),
            ("/go", "/opt", StepWorkspace("/opt")), ("/go", "../x", StepWorkspace("/x")),
            ("/", "src", StepWorkspace("/src")),
        ] { #expect(WorkspacePath.place(of: stage(base, path)) == place) }
        for (base, path) in [("/", nil), ("/a", ".."), ("/slipway", nil), ("/", "slipway/x")] {
            #expect(throws: JobFailure.self) {
                try JobFolder(
                    below: "/nowhere", job: JobID(rawValue: "j"), attempt: 1, stage: stage(base, path))
            }
        }
        #expect(throws: Never.self) {
            let folder = try JobFolder(
                below: "/nowhere", job: JobID(rawValue: "j"), attempt: 1, stage: stage("/go", "src/x"))
            #expect(folder.workspace == "/nowhere/j-1/workspace/src/x" && folder.shared == "/nowhere/j-1/workspace")
            #expect(folder.place == StepWorkspace("/nowhere/j-1/workspace", path: "src/x"))
        }
    }

    /// Steps may do what they like with what they share, the source's own folder in it too.
    @Test func aLinkInTheSourcesPlaceLeadsNowhere() async throws {
        try await withTemporaryDirectory { directory in
            for (index, (path, target)) in [
                ("src", "../../.."), ("a/src", "../../.."), ("src", "moved"), ("a/src", "moved"),
            ].enumerated() {
                let stage = stage("/drone", path)
                let folder = try JobFolder(
                    below: directory, job: JobID(rawValue: "j\(index)"), attempt: 1, stage: stage)
                try await folder.make()
                try await runTool("touch", [folder.workspace.appending("Dockerfile").string])
                #expect(try WorkspacePath.open(".", of: folder).has("Dockerfile"))
                let first = folder.shared.appending(path.split(separator: "/").first.map(String.init) ?? "")
                try await runTool("mv", [first.string, folder.shared.appending("moved").string])
                try await runTool("ln", ["-s", target, first.string])
                let error = #expect(throws: JobFailure.self) { try WorkspacePath.open(".", of: folder) }
                #expect(error?.reason.contains("the workspace") == true)
            }
        }
    }

    @Test func whereAStepBegins() throws {
        let plain = Step(name: "s", commands: ["x"])
        let plugin = Step(name: "s", image: "x")
        let below = Step(name: "s", commands: ["x"], workingDirectory: "sub/../b")
        let elsewhere = Step(name: "s", commands: ["x"], workingDirectory: "/opt")
        #expect(try WorkspacePath.directory(of: plain, isBackground: false, in: stage()) == "/drone/src")
        #expect(try WorkspacePath.directory(of: plain, isBackground: true, in: stage()) == "/drone/src")
        #expect(try WorkspacePath.directory(of: plugin, isBackground: false, in: stage()) == "/drone/src")
        #expect(try WorkspacePath.directory(of: plugin, isBackground: true, in: stage()) == nil)
        #expect(try WorkspacePath.directory(of: below, isBackground: false, in: stage("/w")) == "/w/b")
        #expect(try WorkspacePath.directory(of: elsewhere, isBackground: true, in: stage()) == "/opt")
        for wanted in ["..", "../srcs", "sub/../../x"] {
            let step = Step(name: "s", image: "x", workingDirectory: wanted)
            let error = #expect(throws: JobFailure.self) {
                try WorkspacePath.directory(of: step, isBackground: false, in: stage())
            }
            #expect(
                error?.reason
                    == "the working directory “\(wanted)” leads out of the workspace; only an absolute path may")
        }
    }

    @Test func aProcessBeginsWhereAContainerWould() async throws {
        try await withTemporaryDirectory { directory in
            let folder = try JobFolder(
                below: directory, job: JobID(rawValue: "j"), attempt: 1, stage: stage(nil, "/go/src/app"))
            try await folder.make()
            let workspace = folder.workspace
            try FileTree.make(workspace.appending("sub"))
            try await runTool("touch", [workspace.appending("file").string])
            let path = { (wanted: String?) throws(JobFailure) in
                try WorkspacePath.directory(
                    of: Step(name: "s", commands: ["x"], workingDirectory: wanted), in: folder,
                    stage: stage(nil, "/go/src/app"))
            }
            #expect(try path(nil) == workspace)
            #expect(try path("sub") == workspace.appending("sub"))
            #expect(try path("/go/src/app/sub") == workspace.appending("sub"))
            #expect(try path("/go/src/app") == workspace)
            #expect(try path("/usr/bin/..") == "/usr")
            for (wanted, words) in [
                ("not/there", "the working directory “not/there” is not there"),
                ("file", "the working directory “file” is not there"),
                ("/go/src/app/none", "the working directory “/go/src/app/none” is not there"),
                ("/go/src/app/..", "is not there"), ("..", "leads out"), ("/etc/passwd", "is not there"),
            ] {
                let error = #expect(throws: JobFailure.self) { try path(wanted) }
                #expect(error?.reason.contains(words) == true, "\(wanted): \(error?.reason ?? "")")
            }
        }
    }

    /// The engine makes a directory that is not there: for commands the script looks, for anything else this does.
    @Test func aContainersDirectoryHasToBeThere() async throws {
        try await withTemporaryDirectory { directory in
            let folder = try JobFolder(below: directory, job: JobID(rawValue: "j"), attempt: 1, stage: stage())
            try await folder.make()
            try FileTree.make(folder.workspace.appending("sub"))
            let find = { (path: String, mount: String?) throws(JobFailure) in
                let step = Step(
                    name: "s", workingDirectory: "given", mounts: mount.map { [Mount(name: "v", path: $0)] } ?? [])
                return try WorkspacePath.find(path, of: step, in: folder, stage: stage())
            }
            #expect(try find("/drone/src", nil))
            #expect(try find("/drone/src/sub", nil))
            #expect(try !find("/opt/of/the/image", nil))
            #expect(try find("/drone/src/cache/x", "/drone/src/cache"))
            let error = #expect(throws: JobFailure.self) { try find("/drone/src/none", nil) }
            #expect(error?.reason == "the working directory “given” is not there")
        }
    }

    /// Nothing of the builder's machine is looked at, nor is a step begun there, by a link that a step before left.
    @Test func aWorkingDirectoryThatIsALinkLeadsNowhere() async throws {
        try await withTemporaryDirectory { directory in
            let folder = try JobFolder(
                below: directory, job: JobID(rawValue: "j"), attempt: 1, stage: stage(nil, "src"))
            try await folder.make()
            try await runTool("mkdir", ["-p", "\(directory)/outside/key", "\(folder.workspace)/a"])
            try await runTool("ln", ["-s", "\(directory)/outside", "\(folder.workspace)/out"])
            try await runTool("ln", ["-s", "a", "\(folder.workspace)/in"])
            func place(_ wanted: String) throws(JobFailure) -> FilePath {
                try WorkspacePath.directory(
                    of: Step(name: "s", commands: ["x"], workingDirectory: wanted), in: folder, stage: stage(nil, "src")
                )
            }
            #expect(try place("in").string.hasSuffix("/src/a"))
            for wanted in ["out", "out/key", "/drone/src/src/out"] {
                let failure = #expect(throws: JobFailure.self) { try place(wanted) }
                #expect(failure?.reason.contains("leads out of the workspace") == true)
                let step = Step(name: "s", image: "x", workingDirectory: wanted)
                let path = wanted.hasPrefix("/") ? wanted : "/drone/src/src/\(wanted)"
                #expect(try !WorkspacePath.find(path, of: step, in: folder, stage: stage(nil, "src")))
            }
            try await runTool("mv", ["\(folder.workspace)", "\(folder.shared)/moved"])
            try await runTool("ln", ["-s", "\(directory)/outside", "\(folder.workspace)"])
            #expect(throws: JobFailure.self) { try place("key") }
        }
    }

    @Test func outputsAreThoseOfTheFolderThatWasGiven() async throws {
        try await withTemporaryDirectory { directory in
            let folder = try JobFolder(below: directory, job: JobID(rawValue: "j"), attempt: 1, stage: stage())
            try await folder.make()
            let step = try folder.makeStep(number: 1)
            try "a=own".write(toFile: step.output.string, atomically: false, encoding: .utf8)
            try await runTool("mkdir", ["\(directory)/outside"])
            try "a=stolen".write(toFile: "\(directory)/outside/output", atomically: false, encoding: .utf8)
            try await runTool("mv", [step.path.string, "\(directory)/moved"])
            try await runTool("ln", ["-s", "\(directory)/outside", step.path.string])
            #expect(try StepOutputs.read(step.written) == ["a": "own"])
            try await runTool("ln", ["-sf", "\(directory)/outside/output", "\(directory)/moved/output"])
            #expect(throws: JobFailure.self) { try StepOutputs.read(step.written) }
        }
    }

    @Test func rootWritesAnywhereUnlessThatIsTakenAway() {
        for user in ["", "0", "root", "root:1000", "0:0"] { #expect(ContainerLimits().writesAnywhere(user)) }
        for user in ["1000", "node", "1000:0", "00x"] { #expect(!ContainerLimits().writesAnywhere(user)) }
        for dropped in ["ALL", "dac_override"] { #expect(!ContainerLimits(dropped: [dropped]).writesAnywhere("0")) }
        #expect(ContainerLimits(dropped: ["NET_RAW"]).writesAnywhere("0"))
    }

    @Test func pathsStayInTheWorkspace() async throws {
        try await withTemporaryDirectory { directory in
            let folder = try JobFolder(
                below: directory, job: JobID(rawValue: "j"), attempt: 1, stage: stage(nil, "src"))
            try await folder.make()
            let workspace = folder.workspace
            try await runTool("mkdir", ["-p", "\(workspace)/a/b", "\(directory)/outside"])
            try await runTool("ln", ["-s", "\(directory)/outside", "\(workspace)/link"])
            try await runTool("ln", ["-s", "../../../outside", "\(workspace)/up"])
            try await runTool("ln", ["-s", "a/b", "\(workspace)/inside"])
            let real = { (path: String) throws in
                let open = try WorkspacePath.open(path, of: folder)
                return try withExtendedLifetime(open) {
                    try FileManager.default.destinationOfSymbolicLink(atPath: open.path)
                }
            }
            #expect(try real(".").hasSuffix("/src"))
            #expect(try real("a/../a/b/").hasSuffix("/src/a/b"))
            #expect(try real("inside").hasSuffix("/src/a/b"))
            for path in ["..", "link", "up", "a/../../outside", "/etc", "none", "/proc/self/cwd"] {
                #expect(throws: JobFailure.self) { try WorkspacePath.open(path, of: folder) }
            }
        }
    }

    /// What was looked at is what is built, though a step puts a link to the host in its place meanwhile.
    @Test func aContextSwappedForALinkLeadsNowhere() async throws {
        try await withTemporaryDirectory { directory in
            let folder = try JobFolder(
                below: directory, job: JobID(rawValue: "j"), attempt: 1, stage: stage(nil, "src"))
            try await folder.make()
            try await runTool("mkdir", ["\(folder.workspace)/app", "\(directory)/outside"])
            try await runTool("touch", ["\(folder.workspace)/app/Dockerfile", "\(directory)/outside/key"])
            let context = try WorkspacePath.open("app", of: folder)
            for name in ["\(folder.workspace)/app", "\(folder.workspace)"] {
                try await runTool("mv", [name, "\(folder.shared)/moved-\(name.count)"])
                try await runTool("ln", ["-s", "\(directory)/outside", name])
                #expect(context.has("Dockerfile") && !context.has("key"))
                #expect(try FileManager.default.contentsOfDirectory(atPath: context.path) == ["Dockerfile"])
            }
            #expect(throws: JobFailure.self) { try WorkspacePath.open(".", of: folder) }
        }
    }
}

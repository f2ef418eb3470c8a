import FoundationEssentials
import Logging
import TestSupport
import Testing

@testable import Git

@Suite("The git program")
struct GitProgramTests {
    @Test("credentials reach git by its environment alone")
    func credentials() async throws {
        let sandbox = try Sandbox()
        let remote = try RemoteAddress("https://git.example/shop/web.git")
        let environment = GitEnvironment(
            program: sandbox.program, directory: nil, remote: remote,
            credential: .basic(username: "oauth2", password: "s3cret"), extra: [])
        let variables = environment.variables
        let number = try #require(
            variables.first { $0.value == "http.https://git.example/shop/web.git.extraHeader" }?.key.split(
                separator: "_"
            ).last)
        #expect(variables["GIT_CONFIG_VALUE_\(number)"] == "Authorization: Basic b2F1dGgyOnMzY3JldA==")
        #expect(variables["GIT_TERMINAL_PROMPT"] == "0")
        #expect(variables["GIT_CONFIG_NOSYSTEM"] == "1")
        #expect(variables["HOME"] == sandbox.path + "/home")
        #expect("\(GitCredential.bearer("s3cret"))" == "bearer")
        #expect(!"\(GitCredential.basic(username: "u", password: "s3cret"))".contains("s3cret"))
    }

    @Test("file repositories are fetched only where they are allowed")
    func protocols() async throws {
        let sandbox = try Sandbox()
        var program = sandbox.program
        program.allowsFile = false
        let environment = GitEnvironment(
            program: program, directory: nil, remote: nil, credential: .none, extra: [])
        #expect(environment.variables["GIT_ALLOW_PROTOCOL"] == "http:https:ssh")
    }

    @Test("a server that takes its time is waited for; credentials follow no redirect")
    func patience() async throws {
        let sandbox = try Sandbox()
        let remote = try RemoteAddress("https://git.example/shop/web.git")
        func settings(_ credential: GitCredential) -> [String: String] {
            let variables = GitEnvironment(
                program: sandbox.program, directory: nil, remote: remote, credential: credential, extra: []
            ).variables
            var settings: [String: String] = [:]
            for (name, key) in variables where name.hasPrefix("GIT_CONFIG_KEY_") {
                settings[key] = variables["GIT_CONFIG_VALUE_" + name.dropFirst("GIT_CONFIG_KEY_".count)]
            }
            return settings
        }
        // Git's servers send five bytes every five seconds while they make a pack.
        #expect(settings(.none)["http.lowSpeedLimit"] == "1")
        for name in ["http.lowSpeedTime", "lfs.activitytimeout"] { #expect(settings(.none)[name] == "300") }
        #expect(settings(.none)["http.followRedirects"] == nil)
        #expect(settings(.bearer("x"))["http.followRedirects"] == "false")
    }

    @Test("a command that does not end is ended, with all it started")
    func timeout() async throws {
        let sandbox = try Sandbox()
        let script = sandbox.path + "/git"
        try Data("#!/bin/sh\nsleep 60 &\necho $! > \(sandbox.path)/child\nwait\n".utf8).write(to: URL(filePath: script))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script)
        var program = sandbox.program
        program.path = script
        let slow = program
        #expect(await code { _ = try await slow.output(["fetch"], timeout: .seconds(3)) } == .timedOut)
        let child = String(decoding: try Data(contentsOf: URL(filePath: sandbox.path + "/child")), as: UTF8.self)
        let process = try #require(Int32(String(child.filter(\.isNumber))))
        try await eventually("the end of what it started") {
            !FileManager.default.fileExists(atPath: "/proc/\(process)/cmdline") || state(of: process) == "Z"
        }
    }

    @Test("a cancelled task ends its command")
    func cancellation() async throws {
        let sandbox = try Sandbox()
        let script = sandbox.path + "/git"
        try Data("#!/bin/sh\ntouch \(sandbox.path)/begun\nexec sleep 3600\n".utf8).write(to: URL(filePath: script))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script)
        var program = sandbox.program
        program.path = script
        let slow = program
        let task = Task<GitError.Code?, Never> { await code { _ = try await slow.output(["fetch"]) } }
        try await eventually("the command") { FileManager.default.fileExists(atPath: sandbox.path + "/begun") }
        task.cancel()
        #expect(await task.value == .cancelled)
    }

    @Test("output has a limit, and noise on standard error blocks nothing")
    func limits() async throws {
        let sandbox = try Sandbox()
        let script = sandbox.path + "/git"
        try Data(
            "#!/bin/sh\nhead -c 1000000 /dev/zero | tr '\\0' x >&2\necho the end >&2\nhead -c \"$1\" /dev/zero\n".utf8
        ).write(to: URL(filePath: script))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script)
        var program = sandbox.program
        program.path = script
        let output = try await program.output(["1000"], outputLimit: 1000)
        #expect(output.bytes.count == 1000)
        #expect(output.words.hasSuffix("the end\n"))
        let noisy = program
        #expect(await code { _ = try await noisy.output(["200000"], outputLimit: 1000) } == .tooLarge)
    }

    @Test("a missing program is named")
    func noProgram() async throws {
        let sandbox = try Sandbox()
        var program = sandbox.program
        program.path = "/nowhere/git"
        let missing = program
        do {
            _ = try await missing.output(["version"])
            Issue.record("it ran")
        } catch {
            #expect(error.message.contains("/nowhere/git"))
        }
    }

    private func state(of process: Int32) -> String? {
        let status = FileManager.default.contents(atPath: "/proc/\(process)/stat").map {
            String(decoding: $0, as: UTF8.self)
        }
        return status?.split(separator: " ").dropFirst(2).first.map(String.init)
    }
}

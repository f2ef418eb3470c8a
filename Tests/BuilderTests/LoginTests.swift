import DockerEngine
import SystemPackage
import TestSupport
import Testing
import Worker

@testable import Builder

@Suite struct LoginTests {
    @Test func loginsOfADockerConfiguration() throws {
        let text = """
            {"auths": {
              "https://index.docker.io/v1/": {"auth": "dXNlcjpwYXNzOndvcmQ="},
              "registry.example:5000": {"username": "robot$x", "password": "p"},
              "localhost": {"auth": "bm8gY29sb24="}}}
            """
        let logins = try ImagePull.logins(text, secret: "config")
        #expect(
            logins == [
                "docker.io": RegistryCredentials(username: "user", password: "pass:word"),
                "registry.example:5000": RegistryCredentials(username: "robot$x", password: "p"),
            ])
        let error = #expect(throws: JobFailure.self) { try ImagePull.logins("hunter2", secret: "config") }
        #expect(error?.reason.contains("hunter2") == false)
    }

    @Test func pathsStayInTheWorkspace() async throws {
        try await withTemporaryDirectory { folder in
            let workspace = folder.appending("w")
            _ = try await runTool("mkdir", ["-p", "\(workspace)/a/b", "\(folder)/outside"])
            _ = try await runTool("ln", ["-s", "\(folder)/outside", "\(workspace)/link"])
            _ = try await runTool("ln", ["-s", "a/b", "\(workspace)/inside"])
            #expect(try WorkspacePath.resolve(".", in: workspace).string.hasSuffix("/w"))
            #expect(try WorkspacePath.resolve("a/../a/b", in: workspace).string.hasSuffix("/w/a/b"))
            #expect(try WorkspacePath.resolve("inside", in: workspace).string.hasSuffix("/w/a/b"))
            for path in ["..", "link", "a/../../outside", "/etc", "none"] {
                #expect(throws: JobFailure.self) { try WorkspacePath.resolve(path, in: workspace) }
            }
        }
    }
}

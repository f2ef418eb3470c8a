import Contracts
import Foundation
import PipelineLanguage
import Secrets
import SystemPackage
import TestSupport
import Testing

@testable import Worker

@Suite struct DockerLoginsTests {
    private static let text = """
        {"auths": {
          "https://index.docker.io/v1/": {"auth": "dXNlcjpwYXNzOndvcmQ="},
          "registry.example:5000": {"username": "robot$x", "password": "p4ss-of-robot"},
          "localhost": {"auth": "bm8gY29sb24="}}}
        """

    @Test func loginsOfADockerConfiguration() throws {
        #expect(
            try DockerLogins.read(Self.text, secret: "config") == [
                "docker.io": RegistryLogin(username: "user", password: "pass:word"),
                "registry.example:5000": RegistryLogin(username: "robot$x", password: "p4ss-of-robot"),
            ])
        let error = #expect(throws: JobFailure.self) { try DockerLogins.read("hunter2", secret: "config") }
        #expect(error?.reason.contains("“config”") == true)
        #expect(error?.reason.contains("hunter2") == false)
    }

    /// Docker looks for the login of images without a host by another name than theirs.
    @Test func whatIsWrittenIsWhatDockerLooksFor() async throws {
        let logins = [
            "docker.io": RegistryLogin(username: "user", password: "pass:word"),
            "registry.example:5000": RegistryLogin(username: "robot$x", password: "p"),
        ]
        try await withTemporaryDirectory { folder in
            let written = try DockerLogins.write(logins, to: folder.appending("docker"))
            let text = try String(contentsOfFile: "\(written)/config.json", encoding: .utf8)
            #expect(text.contains(#""https://index.docker.io/v1/":{"auth":"dXNlcjpwYXNzOndvcmQ="}"#))
            #expect(text.contains(#""registry.example:5000":"#))
            #expect(try DockerLogins.read(text, secret: "s") == logins)
        }
    }

    @Test func aJobHasThePlatformsLoginsBeforeItsPullSecrets() throws {
        let job = try job(secrets: ["pull": Self.text], platform: ["docker.io": ("own", "pw")])
        #expect(try job.login(for: "docker.io") == RegistryLogin(username: "own", password: "pw"))
        #expect(try job.login(for: "registry.example:5000")?.username == "robot$x")
        #expect(try job.login(for: "quay.example") == nil)
        // Its password is a secret by itself, not only the text it stands in.
        #expect(!job.masked("it is p4ss-of-robot").contains("p4ss-of-robot"))
    }

    @Test func aPullSecretThatIsNotThereIsNamedWhereItWouldBeNeeded() throws {
        let job = try job(secrets: [:], platform: ["docker.io": ("own", "pw")])
        #expect(try job.login(for: "docker.io")?.username == "own")
        let error = #expect(throws: JobFailure.self) { try job.login(for: "registry.example:5000") }
        #expect(error?.reason.contains("“pull”") == true)
    }

    private func job(secrets: [String: String], platform: [String: (String, String)]) throws -> GrantedJob {
        let keys = try KeyRing("k1:" + String(repeating: "A", count: 43) + "=")
        let stage = Stage(name: "main", imagePullSecrets: ["pull"], steps: [Step(name: "s", commands: ["x"])])
        var grant = JobGrant(
            job: JobID(rawValue: "j"), run: RunID(rawValue: "r"), attempt: 1, leaseSeconds: 1, timeoutSeconds: 1,
            repository: RepositoryPath(rawValue: "shop/web"),
            commit: Commit(
                sha: String(repeating: "a", count: 40), message: "m", authorName: "Ada",
                authorEmail: "ada@example.org", committedAt: .now), ref: "refs/heads/main",
            stage: try JSONValue(encoding: stage), steps: ["s"])
        let binding = SealBinding.Grant(grant, for: .builder(pool: "default"))
        for (name, text) in secrets { grant.secrets[name] = try keys.seal(text, for: binding.secret(name)) }
        for (host, (username, password)) in platform {
            let login = RegistryLogin(username: username, password: password)
            let text = String(decoding: try Wire.encode(login), as: UTF8.self)
            grant.registries[host] = try keys.seal(text, for: binding.registry(host))
        }
        return try GrantedJob(grant, keys: keys, for: .builder(pool: "default"))
    }
}

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
        #expect(try job.login(for: "web", at: "docker.io") == RegistryLogin(username: "own", password: "pw"))
        #expect(try job.login(for: "web", at: "registry.example:5000")?.username == "robot$x")
        #expect(try job.login(for: "web", at: "quay.example") == nil)
        // Its password is a secret by itself, not only the text it stands in.
        #expect(!job.masked("it is p4ss-of-robot").contains("p4ss-of-robot"))
    }

    @Test func aPullSecretThatIsNotThereIsNamedWhereItWouldBeNeeded() throws {
        let job = try job(secrets: [:], platform: ["docker.io": ("own", "pw")])
        #expect(try job.login(for: "web", at: "docker.io")?.username == "own")
        let error = #expect(throws: JobFailure.self) { try job.login(for: "web", at: "registry.example:5000") }
        #expect(error?.reason.contains("“pull”") == true)
    }

    // MARK: - Limits

    /// A login for each way in which it can be limited.
    private func limited() throws -> GrantedJob {
        try job(
            secrets: ["pull": "{\"auths\": {}}"], platform: [:],
            logins: [
                "harbor.example": ("pulls", [.pull], false), "harbor.example/shop": ("shop", [.pull, .push], false),
                "harbor.example/shop/secret": ("secret", [.push], false),
                "open.example": ("open", [.pull, .push], true), "docker.io": ("hub", [.pull, .push], true),
            ])
    }

    @Test(
        arguments: [
            ("harbor.example", "other/web", RegistryUse.pull, "pulls" as String?),
            ("harbor.example", "other/web", .push, nil),
            ("harbor.example", "shop/web", .pull, "shop"), ("harbor.example", "shop", .push, "shop"),
            ("harbor.example", "shopping/web", .push, nil), ("harbor.example", "shopping/web", .pull, "pulls"),
            ("harbor.example", "shop/secret/a", .push, "secret"), ("harbor.example", "shop/secret/a", .pull, "shop"),
            ("harbor.example:5000", "shop/web", .pull, nil), ("evil.harbor.example", "shop/web", .pull, nil),
        ])
    func aLoginCountsForItsHostItsPathAndItsUse(host: String, image: String, use: RegistryUse, name: String?) throws {
        #expect(try limited().login(for: image, at: host, to: use)?.username == name)
    }

    @Test func thePasswordOfALoginIsASecret() throws {
        let job = try limited()
        for login in job.logins { #expect(job.masked("is \(login.login.password).") == "is ******.") }
        #expect(!job.logins.isEmpty)
    }

    @Test func whyALoginIsNotThereIsKnownWhereTheImageNeedsIt() throws {
        var grant = try limited().grant
        (grant.logins, grant.secrets) = ([:], [:])
        grant.withheldLogins = ["harbor.example": "all", "harbor.example/shop": "shop"]
        let job = try GrantedJob(
            grant, keys: try KeyRing("k1:" + String(repeating: "A", count: 43) + "="), for: .builder(pool: "default"))
        #expect(job.withheldLogin(for: "shop/web", at: "harbor.example") == "shop")
        #expect(job.withheldLogin(for: "other/web", at: "harbor.example") == "all")
        #expect(job.withheldLogin(for: "shop/web", at: "quay.example") == nil)
    }

    @Test func commandsReadTheLoginsOfRegistriesThatTheyNameAndNoneThatIsLimited() throws {
        let job = try limited()
        func names(_ commands: [String], _ environment: [String: Value] = [:]) -> [String] {
            job.commandLogins(for: Step(name: "s", commands: commands, environment: environment)).keys.sorted()
        }
        #expect(names(["make"]) == [])
        #expect(names(["docker push open.example/web"]) == ["docker.io", "open.example"])
        #expect(names(["./push"], ["TO": "open.example/web"]) == ["open.example"])
        #expect(names(["./push"], ["TO": .secret("open.example")]) == [])
        #expect(names(["crane pull harbor.example/shop/web", "crane pull harbor.example"]) == [])
        #expect(names(["crane pull not-open.example/web", "crane pull open.example.evil/web"]) == [])
    }

    /// As a platform of an earlier version sends them, and as one of today does to both.
    @Test func whatOlderPlatformsSendIsWithoutLimit() throws {
        let old = try job(secrets: ["pull": "{\"auths\": {}}"], platform: ["open.example": ("own", "pw")])
        #expect(try old.login(for: "a/b", at: "open.example", to: .push)?.username == "own")
        #expect(old.commandLogins(for: Step(name: "s", commands: ["echo open.example"])).count == 1)
        let new = try job(
            secrets: ["pull": "{\"auths\": {}}"], platform: ["open.example": ("own", "pw")],
            logins: ["other.example": ("new", [.pull], false)])
        #expect(try new.login(for: "a/b", at: "open.example") == nil)
    }

    private func job(
        secrets: [String: String], platform: [String: (String, String)],
        logins: [String: (String, [RegistryUse], Bool)]? = nil
    ) throws -> GrantedJob {
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
        for (place, (username, uses, commands)) in logins ?? [:] {
            let login = RegistryLogin(username: username, password: "password of \(username)")
            let text = String(decoding: try Wire.encode(login), as: UTF8.self)
            grant.logins = grant.logins ?? [:]
            grant.logins?[place] = LoginGrant(
                sealed: try keys.seal(text, for: binding.registry(place)), uses: uses, commands: commands)
        }
        return try GrantedJob(grant, keys: keys, for: .builder(pool: "default"))
    }
}

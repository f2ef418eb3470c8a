import Contracts
import DockerEngine
import Foundation
import PipelineLanguage
import Secrets
import TestSupport
import Testing
import Worker

@testable import Builder

/// No repository gets an image, or a layer of one, because another's is at the same engine.
@Suite(.timeLimit(.minutes(5))) struct ImageWallTests {
    /// The base images alone are the engine's own here.
    private func rules(_ scope: BuilderScope) -> ImageRules { ImageRules(local: ["\(scope.name)/base*"]) }

    private func run(
        _ scope: BuilderScope, _ repository: String, _ steps: [Step], _ files: [String: String] = [:],
        secrets: [String: String] = [:], logins: [String: RegistryLogin]? = nil
    ) async throws -> BuilderScope.Outcome {
        try await scope.run(
            Stage(name: "main", steps: steps), source: files.isEmpty ? nil : scope.repository(files), secrets: secrets,
            logins: logins, images: rules(scope), repository: repository)
    }

    private func pushed(_ scope: BuilderScope, _ name: String, _ line: String) async throws -> String {
        let repository = "\(scope.registry)/\(scope.name)/\(name)"
        let outcome = try await run(
            scope, "honest/images", [Step(name: "push", build: ImageBuild(repository: repository, tags: ["1"]))],
            ["Dockerfile": "FROM \(scope.image)\n\(line)\n"])
        try #require(outcome.finished.outcome == .success, "\(outcome.finished) \(outcome.log("push"))")
        return "\(repository):1"
    }

    @Test func anImageThatIsNotPushedIsItsJobsAlone() async throws {
        try await BuilderScope.with { scope in
            let repository = "\(scope.registry)/\(scope.name)/honest/base"
            let build = Step(name: "build", build: ImageBuild(repository: repository, tags: ["1.0"], push: false))
            let steps = [
                build,
                Step(name: "use", image: "\(repository):1.0", commands: ["cat /evil"]),
                Step(
                    name: "next",
                    build: ImageBuild(dockerfile: "Next", repository: "\(scope.name)/next", tags: ["1"], push: false)),
                Step(name: "last", image: "\(scope.name)/next:1", pull: .never, commands: ["cat /evil /more"]),
            ]
            let files = [
                "Dockerfile": "FROM \(scope.image)\nRUN echo evil > /evil\n",
                "Next": "FROM \(repository):1.0\nRUN echo more > /more\n",
            ]
            let own = try await run(scope, "evil/base", steps, files)
            #expect(own.finished.outcome == .success, "\(own.finished) \(own.log("build")) \(own.log("next"))")
            #expect(own.log("use").hasSuffix("evil\n"))
            #expect(own.log("last").hasSuffix("evil\nmore\n"))
            // By a step, by the base of a build, and by what is copied into one.
            let theirs = try await run(
                scope, "honest/web",
                [
                    Step(
                        name: "use", image: "\(repository):1.0", commands: ["cat /evil; echo $TOKEN"],
                        environment: ["TOKEN": .secret("token")])
                ], secrets: ["token": "t0p-secret"])
            #expect(theirs.finished.outcome == .failure)
            #expect(theirs.log("use").contains("the registry has no \(repository):1.0"), "\(theirs.log("use"))")
            #expect(!theirs.log("use").contains("evil\n"))
            for file in ["FROM \(repository):1.0\n", "FROM \(scope.image)\nCOPY --from=\(repository):1.0 /evil /\n"] {
                let outcome = try await run(
                    scope, "honest/web", [build], ["Dockerfile": "\(file)RUN cat /evil\n"])
                #expect(outcome.step("build")?.reason?.contains("the registry has no") == true, "\(outcome.finished)")
            }
        }
    }

    /// Also where all images of the engine may be used, as with `slipway up`.
    @Test func neitherNamesOfJobsNorBeginningsOfIDsAreImages() async throws {
        try await BuilderScope.with { scope in
            let host = scope.host(data: "\(scope.folder)/data", images: ImageRules(local: ["*"]))
            let job = try GrantedJob(
                scope.grant(Stage(name: "main", steps: []), logins: [:]), keys: scope.keys,
                for: .builder(pool: "default"))
            let pull = ImagePull(
                engine: scope.engine, registry: RegistryClient(client: scope.http), host: host,
                images: JobImages(host: host, job: .make(), attempt: 1), job: job, log: LinesLog())
            let other = try ImageReference("\(JobImages.host)/\(scope.name)/0123456789-1-1:built")
            try await scope.engine.tag(scope.image, as: other)
            let refused = await #expect(throws: JobFailure.self) { try await pull.run(other, policy: .never) }
            #expect(refused?.reason.contains("is another job's, or Slipway's") == true)
            try await scope.engine.removeImage("\(other)", keepsLayers: true)
            let own = try await pull.run(ImageReference(scope.image), policy: .never)
            #expect("\(own)" == scope.image)
            let id = try await scope.engine.inspectImage(scope.image).id.dropFirst("sha256:".count)
            await #expect(throws: JobFailure.self) {
                try await pull.run(ImageReference(String(id.prefix(12))), policy: .never)
            }
        }
    }

    /// Somebody else may have given the name to another image there.
    @Test func anImageOfARegistryIsWhatTheRegistrySays() async throws {
        try await BuilderScope.with { scope in
            let image = try await pushed(scope, "honest", "RUN echo honest > /what")
            let digest = try #require(try await scope.engine.inspectImage(image).repositoryDigests.first)
            try await scope.engine.tag(scope.image, as: try ImageReference(image))
            let build = ImageBuild(repository: "\(scope.name)/x", tags: ["1"], push: false)
            let outcome = try await run(
                scope, "shop/web",
                [Step(name: "use", image: image, commands: ["cat /what"]), Step(name: "build", build: build)],
                ["Dockerfile": "FROM \(image)\nRUN cat /what\n"])
            #expect(outcome.finished.outcome == .success, "\(outcome.finished) \(outcome.log("build"))")
            #expect(outcome.log("use").hasSuffix("honest\n") && outcome.log("build").contains("\nhonest\n"))
            try await scope.engine.removeImage(image, keepsLayers: true)
            try await scope.engine.removeImage(digest, force: true)
        }
    }

    /// What a secret may go to is the registry's, whatever the job has built by that name.
    @Test func anImageThatMayHaveASecretIsNotTheJobsOwn() async throws {
        try await BuilderScope.with { scope in
            let host = scope.host(data: "\(scope.folder)/data", images: ImageRules())
            let images = JobImages(host: host, job: .make(), attempt: 1)
            let (trusted, other) = (
                try ImageReference("\(scope.registry)/\(scope.name)/trusted:1"), try ImageReference("other:1")
            )
            let name = await images.name()
            await images.built(name, as: [trusted, other])
            let grant = try scope.grant(
                Stage(name: "main", steps: []), secrets: ["key": "s3cret"],
                secretImages: ["key": ["\(scope.registry)/\(scope.name)/trusted"]])
            let pull = ImagePull(
                engine: scope.engine, registry: RegistryClient(client: scope.http), host: host, images: images,
                job: try GrantedJob(grant, keys: scope.keys, for: .builder(pool: "default")), log: LinesLog())
            #expect(try await pull.run(other, policy: nil) == name)
            let failure = await #expect(throws: JobFailure.self) { try await pull.run(trusted, policy: nil) }
            #expect(failure?.reason.contains("the registry has no") == true)
        }
    }

    /// Whatever name a service has, the image that a secret is limited to asks the world for it.
    @Test func noServiceOfTheJobAnswersAnImageThatReceivesASecret() async throws {
        try await BuilderScope.with { scope in
            let (trusted, host) = ("\(scope.name)/trusted:1", "nexus.corp.example")
            try """
            FROM \(scope.image)
            ENTRYPOINT ["/bin/sh", "-c", "echo ${#TOKEN}; timeout 20 wget -qO- http://\(host):8000/ || echo alone"]
            """.write(toFile: "\(scope.folder)/base/Trusted", atomically: false, encoding: .utf8)
            _ = try await scope.engine.build(
                BuildOptions(
                    context: "\(scope.folder)/base", dockerfile: "Trusted", tags: [try ImageReference(trusted)])
            ) { _ in }
            let serve = ["mkdir /www", "echo evil > /www/index.html", "httpd -f -p 8000 -h /www"]
            func stage(isService: Bool) -> Stage {
                let server = Step(
                    name: host, image: scope.image, commands: serve, detach: !isService, ready: Probe(port: 8000))
                let steps = ["token", "other"].map {
                    Step(name: $0, image: trusted, environment: ["TOKEN": .secret($0)])
                }
                return Stage(
                    name: "main", services: isService ? [server] : [], steps: isService ? steps : [server] + steps)
            }
            for isService in [true, false] {
                let outcome = try await scope.run(
                    stage(isService: isService), secrets: ["token": "t0p-secret", "other": "b"],
                    secretImages: ["token": ["\(scope.name)/trusted"]])
                #expect(outcome.finished.outcome == .success, "\(outcome.finished) \(outcome.log("token"))")
                let log = outcome.log("token")
                #expect(log.contains("do not reach each other") && log.contains("10\n"), "\(log)")
                #expect(log.contains("alone\n") && !log.contains("evil"), "\(log)")
                #expect(outcome.log("other").hasSuffix("1\nevil\n"), "\(outcome.log("other"))")
            }
            try await scope.engine.removeImage(trusted, force: true)
        }
    }

    @Test func layersOfOneRepositoryAreNoOthers() async throws {
        try await BuilderScope.with { scope in
            let files = [
                "Dockerfile": """
                FROM \(scope.image) AS first
                RUN head -c 16 /dev/urandom | md5sum > /made
                FROM \(scope.image)
                COPY --from=first /made /
                RUN head -c 16 /dev/urandom | md5sum >> /made

                """
            ]
            let steps = [
                Step(name: "build", build: ImageBuild(repository: "\(scope.name)/made", tags: ["1"], push: false)),
                Step(name: "show", image: "\(scope.name)/made:1", commands: ["cat /made"]),
            ]
            var shown: [String] = []
            for repository in ["shop/web", "shop/api", "shop/web"] {
                let outcome = try await run(scope, repository, steps, files)
                #expect(outcome.finished.outcome == .success, "\(outcome.finished) \(outcome.log("build"))")
                shown.append(outcome.log("show"))
            }
            // Its own layers are used again, those of every stage.
            #expect(shown[0] == shown[2] && shown[0] != shown[1], "\(shown)")
        }
    }

    @Test func anImageOfARegistryIsItsLoginsAlone() async throws {
        try await BuilderScope.with { scope in
            let image = try await pushed(scope, "private", "RUN echo private > /key")
            let steps = [Step(name: "use", image: image, commands: ["cat /key"])]
            let with = try await run(scope, "shop/web", steps)
            #expect(with.finished.outcome == .success, "\(with.finished) \(with.log("use"))")
            let id = try await scope.engine.inspectImage(image).id.dropFirst("sha256:".count)
            let digest = try #require(try await scope.engine.inspectImage(image).repositoryDigests.first)
            for name in [image, digest, String(id.prefix(12)), "sha256:\(id)"] {
                let without = try await run(
                    scope, "evil/web", [Step(name: "use", image: name, commands: ["cat /key"])], logins: [:])
                #expect(without.finished.outcome == .failure)
                #expect(!without.log("use").contains("private\n"), "\(name): \(without.log("use"))")
                let built = try await run(
                    scope, "evil/web",
                    [Step(name: "build", build: ImageBuild(repository: "\(scope.name)/x", push: false))],
                    ["Dockerfile": "FROM \(name)\nRUN cat /key\n"], logins: [:])
                #expect(built.finished.outcome == .failure)
                #expect(!built.log("build").contains("private\n"), "\(name): \(built.log("build"))")
            }
            try await scope.engine.removeImage(image, force: true)
        }
    }

    /// Of a base that copies from an image when others build upon it nothing is in the Dockerfile.
    @Test func noBaseBringsAnImageNobodyLookedAt() async throws {
        try await BuilderScope.with { scope in
            let folder = "\(scope.folder)/trigger"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try "FROM \(scope.image)\nONBUILD COPY --from=\(scope.image) /bin/busybox /stolen\n".write(
                toFile: "\(folder)/Dockerfile", atomically: false, encoding: .utf8)
            let base = try ImageReference("\(scope.name)/base-trigger:1")
            _ = try await scope.engine.build(BuildOptions(context: folder, tags: [base])) { _ in }
            let outcome = try await run(
                scope, "evil/web",
                [Step(name: "build", build: ImageBuild(repository: "\(scope.name)/x", push: false))],
                ["Dockerfile": "FROM \(base)\n"])
            #expect(outcome.step("build")?.reason?.contains("ONBUILD COPY --from") == true, "\(outcome.finished)")
            try await scope.engine.removeImage("\(base)", force: true)
        }
    }

    @Test func aPushThatFailsLeavesNoName() async throws {
        try await BuilderScope.with { scope in
            let repository = "\(scope.registry)/\(scope.name)/taken"
            let outcome = try await run(
                scope, "evil/web", [Step(name: "build", build: ImageBuild(repository: repository, tags: ["1"]))],
                ["Dockerfile": "FROM \(scope.image)\n"], logins: [:])
            #expect(outcome.step("build")?.reason?.contains("give the platform a login") == true, "\(outcome.finished)")
            let error = await #expect(throws: DockerError.self) {
                try await scope.engine.inspectImage("\(repository):1")
            }
            #expect(error?.code == .notFound)
        }
    }

    @Test func aPipelineGivesNoProxy() async throws {
        try await BuilderScope.with { scope in
            let outcome = try await run(
                scope, "evil/web",
                [
                    Step(
                        name: "build",
                        build: ImageBuild(
                            repository: "\(scope.name)/x", arguments: ["http_proxy": "http://evil:1"], push: false))
                ], ["Dockerfile": "FROM \(scope.image)\n"])
            #expect(
                outcome.step("build")?.reason?.contains("SLIPWAY_DOCKER_BUILD_PROXIES") == true, "\(outcome.finished)")
        }
    }

    @Test func whereARegistryIsAwayItsLastAnswerServesItsLogin() async throws {
        try await BuilderScope.with { scope in
            let image = try await pushed(scope, "away", "RUN echo here > /here")
            let port = try #require(scope.registry.split(separator: ":").last.flatMap { Int($0) })
            let forwarder = try TCPForwarder(to: port)
            defer { forwarder.stop() }
            let through = try ImageReference(
                image.replacing(scope.registry, with: "127.0.0.1:\(forwarder.port)"))
            let host = scope.host(data: "\(scope.folder)/data", images: ImageRules())
            func pull(_ logins: [String: RegistryLogin], _ log: LinesLog) async throws -> ImageReference {
                let job = try GrantedJob(
                    scope.grant(Stage(name: "main", steps: []), logins: logins), keys: scope.keys,
                    for: .builder(pool: "default"))
                return try await ImagePull(
                    engine: scope.engine, registry: RegistryClient(client: scope.http), host: host,
                    images: JobImages(host: host, job: .make(), attempt: 1), job: job, log: log
                ).run(through, policy: .always)
            }
            let login = [through.registry: scope.login]
            let first = try await pull(login, LinesLog())
            #expect(first.digest != nil)
            forwarder.set(.cutting)
            let log = LinesLog()
            #expect(try await pull(login, log) == first)
            #expect(log.text.contains("is used as it was when its registry last answered"), "\(log.text)")
            await #expect(throws: JobFailure.self) { try await pull([:], LinesLog()) }
            try await scope.engine.removeImage("\(first)", force: true)
            try await scope.engine.removeImage(image, force: true)
        }
    }
}

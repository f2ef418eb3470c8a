import Contracts
import DockerEngine
import PipelineLanguage
import Testing

@testable import Builder

/// Image builds, pushed to a real registry, and steps that are processes.
@Suite struct ImageBuildStepTests {
    @Test func theDigestIsTheRegistrys() async throws {
        try await BuilderScope.with { scope in
            let source = try await scope.repository([
                "Dockerfile": "FROM \(scope.image)\nARG WHO\nRUN echo hello $WHO > /hello\nCOPY made.txt /\n"
            ])
            let repository = "\(scope.registry)/\(scope.name)/web"
            let stage = Stage(
                name: "main",
                steps: [
                    Step(name: "make", image: scope.image, commands: ["echo made > made.txt"]),
                    Step(
                        name: "image",
                        build: ImageBuild(
                            repository: repository, tags: ["v1", "latest"], arguments: ["WHO": "you"])),
                    Step(
                        name: "use", image: "${steps.image.reference}", commands: ["cat /hello /made.txt"]),
                ])
            let outcome = try await scope.run(stage, source: source)
            #expect(outcome.finished.outcome == .success, "\(outcome.finished) \(outcome.log("image"))")
            let login = RegistryCredentials(username: scope.login.username, password: scope.login.password)
            let registry = RegistryClient(client: scope.http)
            let digest = try await registry.digest(of: try ImageReference("\(repository):v1"), login: login)
            #expect(
                outcome.step("image")?.outputs == [
                    "digest": digest, "reference": "\(repository)@\(digest)", "repository": repository, "tag": "v1",
                ])
            #expect(try await registry.digest(of: try ImageReference("\(repository):latest"), login: login) == digest)
            #expect(outcome.log("use").hasSuffix("hello you\nmade\n"))
            let details = try await scope.engine.inspectImage("\(repository):v1")
            #expect(details.labels["org.opencontainers.image.revision"] == source.commit)
        }
    }

    @Test func whatGoesWrongIsTold() async throws {
        try await BuilderScope.with { scope in
            let source = try await scope.repository([
                "Dockerfile": "FROM \(scope.image)\nRUN exit 9\n", "Good": "FROM \(scope.image)\n",
            ])
            let wrong = [scope.registry: RegistryLogin(username: "slipway", password: "wr0ng-password")]
            let cases: [(ImageBuild, [String: RegistryLogin]?, String)] = [
                (ImageBuild(repository: "\(scope.registry)/\(scope.name)/x"), nil, "non-zero code: 9"),
                (
                    ImageBuild(dockerfile: "Good", repository: "\(scope.registry)/\(scope.name)/x"), wrong,
                    "give the platform a login"
                ),
                (ImageBuild(context: "..", repository: "\(scope.registry)/x"), nil, "leads out of the workspace"),
                (ImageBuild(context: "none", repository: "\(scope.registry)/x"), nil, "is not there"),
                (ImageBuild(repository: "\(scope.registry)/X"), nil, "is not an image name"),
                (
                    ImageBuild(dockerfile: "../Good", repository: "\(scope.registry)/x"), nil,
                    "is outside of the build context"
                ),
                (ImageBuild(dockerfile: "Bad", repository: "\(scope.registry)/x"), nil, "relative to the context"),
                (
                    ImageBuild(dockerfile: "Good", repository: "\(scope.registry)/x", platform: "linux/s390x"), nil,
                    "not for linux/s390x"
                ),
                (
                    ImageBuild(dockerfile: "Good", repository: "\(scope.registry)/x", platform: "amd64"), nil,
                    "is not a platform"
                ),
            ]
            for (build, logins, words) in cases {
                let stage = Stage(name: "main", steps: [Step(name: "image", build: build)])
                let outcome = try await scope.run(stage, source: source, logins: logins)
                #expect(outcome.finished.outcome == .failure)
                #expect(outcome.step("image")?.reason?.contains(words) == true, "\(outcome.finished)")
                #expect(!"\(outcome.finished)\(outcome.log("image"))".contains("wr0ng-password"))
            }
        }
    }

    @Test("layers of cache_from are fetched, a secret as argument is warned of, and the log shows what is built")
    func cacheAndSecrets() async throws {
        try await BuilderScope.with { scope in
            let source = try await scope.repository([
                "Dockerfile": "FROM \(scope.image)\nARG TOKEN\nRUN echo \(scope.name) > /made\n"
            ])
            let repository = "\(scope.registry)/\(scope.name)/cached"
            func build(_ build: ImageBuild) async throws -> BuilderScope.Outcome {
                let stage = Stage(name: "main", steps: [Step(name: "image", build: build)])
                return try await scope.run(stage, source: source, secrets: ["npm": "t0p-secret-token"])
            }
            let first = try await build(
                ImageBuild(repository: repository, tags: ["one"], arguments: ["TOKEN": .secret("npm")]))
            #expect(first.finished.outcome == .success, "\(first.finished)")
            let log = first.log("image")
            let line = log.split(separator: "\n").first { $0.hasPrefix("+ docker build ") } ?? ""
            #expect(line.hasPrefix("+ docker build -t \(repository):one --build-arg TOKEN --label "))
            #expect(line.hasSuffix(" ."))
            // What the engine says it sets.
            for label in ["revision=\(source.commit)", "source=shop/web"] {
                #expect(line.contains("--label org.opencontainers.image.\(label) "), "\(log)")
            }
            #expect(log.contains("warning: the build argument TOKEN is the secret “npm”"))
            #expect(!log.contains("t0p-secret-token"))
            // Nothing of it is left at the engine: what is used again came from the registry.
            try await scope.engine.removeImage("\(repository):one", force: true)
            let second = try await build(
                ImageBuild(
                    repository: repository, tags: ["two"], arguments: ["TOKEN": .secret("npm")],
                    cacheFrom: ["\(repository):one", "\(repository):none"]))
            #expect(second.finished.outcome == .success, "\(second.finished)")
            #expect(second.log("image").contains("+ docker pull \(repository):one\n"))
            #expect(second.log("image").contains("no layers of \(repository):none"))
            #expect(second.log("image").contains("Using cache"), "\(second.log("image"))")
            for tag in ["one", "two"] { try await scope.engine.removeImage("\(repository):\(tag)", force: true) }
        }
    }

    @Test func processesWhereTheyAreAllowed() async throws {
        try await BuilderScope.with { scope in
            let source = try await scope.repository(["hello.txt": "hello\n"])
            let stage = Stage(
                name: "main",
                steps: [
                    Step(
                        name: "run",
                        commands: [
                            "cat hello.txt", "docker version --format '{{.Server.Os}}'", "echo a=b >> $SLIPWAY_OUTPUT",
                        ],
                        outputs: ["a"]),
                    Step(name: "look", image: scope.image, commands: ["cat hello.txt"]),
                ])
            let outcome = try await scope.run(
                stage, source: source, runners: [.docker, .process], sharesDocker: true)
            #expect(outcome.finished.outcome == .success, "\(outcome.finished) \(outcome.log("run"))")
            #expect(outcome.log("run").contains("hello\n"))
            #expect(outcome.log("run").contains("linux\n"))
            #expect(outcome.step("run")?.outputs == ["a": "b"])
            #expect(outcome.log("look").contains("hello\n"))
        }
    }

    @Test func aSourceThatIsNotThere() async throws {
        try await BuilderScope.with { scope in
            let stage = Stage(name: "main", steps: [Step(name: "s", image: scope.image, commands: ["echo"])])
            let outcome = try await scope.run(
                stage,
                source: BuilderScope.Source(
                    url: "file:///no/such/repository", commit: String(repeating: "a", count: 40)))
            #expect(outcome.finished.outcome == .failure)
            #expect(outcome.log("s").contains("the source cannot be fetched"))
        }
    }
}

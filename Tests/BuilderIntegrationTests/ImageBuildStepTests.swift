import Contracts
import DockerEngine
import Foundation
import PipelineLanguage
import Secrets
import SystemPackage
import Testing
import Worker

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

    @Test("a push that fails leaves its name to the image that had it, and one that does not takes it for good")
    func aNameIsGivenBack() async throws {
        try await BuilderScope.with { scope in
            let name = try ImageReference("\(scope.registry)/\(scope.name)/tools:1")
            try await scope.engine.tag(scope.image, as: name)
            let old = try await scope.engine.inspectImage(scope.image).id
            let source = try await scope.repository(["Dockerfile": "FROM \(scope.image)\nRUN echo new > /new\n"])
            let stage = Stage(
                name: "main", steps: [Step(name: "push", build: ImageBuild(repository: name.repository, tags: ["1"]))])
            func kept() async throws -> [String] {
                try await scope.engine.imageNames(below: "\(JobImages.host)/kept").filter { $0.contains(scope.name) }
            }
            let wrong = [scope.registry: RegistryLogin(username: "slipway", password: "wr0ng-password")]
            let failed = try await scope.run(stage, source: source, logins: wrong)
            #expect(failed.finished.outcome == .failure)
            #expect(try await scope.engine.inspectImage("\(name)").id == old)
            #expect(try await kept() == [])
            let pushed = try await scope.run(stage, source: source)
            #expect(pushed.finished.outcome == .success, "\(pushed.finished)")
            let new = try await scope.engine.inspectImage("\(name)").id
            #expect(new != old)
            #expect(try await kept() == [])
            // The same again has nothing to give back.
            let again = try await scope.run(stage, source: source, logins: wrong)
            #expect(again.finished.outcome == .failure)
            #expect(try await scope.engine.inspectImage("\(name)").id == new)
            try await scope.engine.removeImage("\(name)", force: true)
        }
    }

    @Test(
        "what a name stood for before its push is what all others get by it meanwhile, and what is left of a killed builder"
    )
    func aNameThatIsPushedIsWhatItWas() async throws {
        try await BuilderScope.with { scope in
            let name = try ImageReference("\(scope.registry)/\(scope.name)/tools:1")
            let (old, new) = (try ImageReference("\(scope.name)/old:1"), try ImageReference("\(scope.name)/new:1"))
            for (image, file) in [(old, "old"), (new, "new")] {
                let folder = FilePath("\(scope.folder)/\(file)")
                try FileTree.make(folder)
                try "FROM \(scope.image)\nRUN echo \(file) > /made\n".write(
                    toFile: folder.appending("Dockerfile").string, atomically: false, encoding: .utf8)
                _ = try await scope.engine.build(BuildOptions(context: folder.string, tags: [image])) { _ in }
            }
            try await scope.engine.tag("\(old)", as: name)
            let (oldID, newID) = (
                try await scope.engine.inspectImage("\(old)").id, try await scope.engine.inspectImage("\(new)").id
            )
            let host = scope.host(data: scope.folder)
            let images = JobImages(host: host, job: .make(), attempt: 1)
            let pull = ImagePull(
                engine: scope.engine, registry: RegistryClient(client: scope.http), host: host, images: images,
                job: try GrantedJob(
                    try scope.grant(Stage(name: "main", steps: [])), keys: scope.keys, for: .builder(pool: "default")),
                log: LinesLog())
            let pushed = try await PushedName.take(
                name, for: newID, mark: JobImages.mark(scope.worker), scope.engine)
            try await host.push(name, over: pushed.before) {
                try await scope.engine.tag(newID, as: name)
                let found = try await pull.run(name, policy: nil)
                #expect(try await scope.engine.inspectImage("\(found)").id == oldID)
            }
            #expect(try await scope.engine.inspectImage("\(name)").id == newID)
            // As at the start after the builder was killed.
            #expect(await host.collectLeftovers())
            #expect(try await scope.engine.inspectImage("\(name)").id == oldID)
            let left = try await scope.engine.imageNames(below: JobImages.host)
            #expect(!left.contains { $0.contains(scope.name) || $0.contains(JobImages.mark(scope.worker)) }, "\(left)")
            for image in [name, old, new] { try await scope.engine.removeImage("\(image)", force: true) }
        }
    }

    @Test func noPushChangesAnImageThatTheOwnerNames() async throws {
        try await BuilderScope.with { scope in
            let source = try await scope.repository(["Dockerfile": "FROM \(scope.image)\n"])
            let repository = "\(scope.registry)/\(scope.name)/tools/base"
            let step = Step(name: "push", build: ImageBuild(repository: repository, tags: ["1"]))
            let outcome = try await scope.run(
                Stage(name: "main", steps: [step]), source: source,
                images: ImageRules(local: ["*", "\(scope.registry)/\(scope.name)/tools/*"]))
            let reason = outcome.step("push")?.reason ?? ""
            #expect(reason.contains("\(repository):1 is not pushed: SLIPWAY_DOCKER_LOCAL_IMAGES"), "\(reason)")
            #expect(reason.contains("/tools/*”"), "\(reason)")
            await #expect(throws: DockerError.self) { try await scope.engine.inspectImage("\(repository):1") }
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
                (
                    ImageBuild(dockerfile: "Good", repository: "slipway.local/kept/x", tags: ["built"], push: false),
                    nil,
                    "slipway.local/kept/x:built is not built"
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
            // Whoever mirrors it may have lost it: the platform has it fetched again.
            #expect(outcome.finished.outcome == .released && outcome.finished.handBack == .source)
            #expect(outcome.finished.reason?.contains("the source cannot be fetched") == true)
        }
    }
}

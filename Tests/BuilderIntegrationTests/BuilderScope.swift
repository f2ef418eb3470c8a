import Contracts
import DockerEngine
import Foundation
import Git
import HTTPClient
import Logging
import PipelineLanguage
import Secrets
import SystemPackage
import TestSupport
import Worker

@testable import Builder

/// A builder with the rig's engine and registry, a repository, and a base image; all gone after the test.
struct BuilderScope: Sendable {
    let name: String
    let folder: String
    let http: HTTPClient
    let engine: DockerEngine
    let keys: KeyRing
    /// The same as a setting.
    let keyText: String
    let socket: String
    let registry: String
    let login: RegistryLogin

    /// An image with a shell, made of nothing but busybox.
    var image: String { "\(name)/base:1" }
    var worker: String { name }

    static func with(_ body: (BuilderScope) async throws -> Void) async throws {
        let name = "slipway-test-\(UInt64.random(in: 0 ... .max))"
        let http = HTTPClient(logger: Logger(label: "test"))
        let socket = try TestEnvironment.required("SLIPWAY_TEST_DOCKER_SOCKET")
        let keyText = "test:\(Data((0..<32).map { _ in UInt8.random(in: 0...255) }).base64EncodedString())"
        let scope = BuilderScope(
            name: name, folder: "/tmp/\(name)", http: http,
            engine: try await DockerEngine.connect(socketPath: socket, client: http, logger: Logger(label: "test")),
            keys: try KeyRing(keyText), keyText: keyText,
            socket: socket, registry: try TestEnvironment.required("SLIPWAY_TEST_REGISTRY"),
            login: RegistryLogin(
                username: try TestEnvironment.required("SLIPWAY_TEST_REGISTRY_USERNAME"),
                password: try TestEnvironment.required("SLIPWAY_TEST_REGISTRY_PASSWORD")))
        try FileManager.default.createDirectory(atPath: scope.folder + "/base", withIntermediateDirectories: true)
        let result: Result<Void, any Error>
        do {
            try await scope.makeBaseImage()
            try await body(scope)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        for container in try await scope.engine.containers(labelled: ["slipway.dev/builder": name]) {
            try await scope.engine.removeContainer(container.id)
        }
        try await scope.engine.removeImage(scope.image, force: true)
        try FileManager.default.removeItem(atPath: scope.folder)
        await http.shutdown()
        try result.get()
    }

    /// Its layers are this scope's own: with the last image that has them they go, also while somebody builds upon them.
    private func makeBaseImage() async throws {
        try FileManager.default.copyItem(atPath: "/bin/busybox", toPath: "\(folder)/base/busybox")
        try """
        FROM scratch
        LABEL test=\(name)
        COPY busybox /bin/busybox
        RUN ["/bin/busybox", "--install", "-s", "/bin"]
        """.write(toFile: "\(folder)/base/Dockerfile", atomically: false, encoding: .utf8)
        _ = try await engine.build(
            BuildOptions(context: "\(folder)/base", tags: [try ImageReference(image)])
        ) { _ in }
    }

    /// Makes a repository with one commit of these files.
    func repository(_ files: [String: String]) async throws -> Source {
        let path = "\(folder)/repository-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        for (file, text) in files {
            try text.write(toFile: "\(path)/\(file)", atomically: false, encoding: .utf8)
        }
        let who = ["-c", "user.name=Test", "-c", "user.email=test@example.org"]
        _ = try await runTool("git", ["-C", path, "init", "-q", "-b", "main"])
        _ = try await runTool("git", ["-C", path, "add", "-A"])
        _ = try await runTool("git", ["-C", path] + who + ["commit", "-q", "-m", "first"])
        let sha = try await runTool("git", ["-C", path, "rev-parse", "HEAD"])
        return Source(url: "file://\(path)", commit: String(sha.prefix { $0.isHexDigit }))
    }

    /// How a job went.
    struct Outcome: Sendable {
        let finished: JobFinished
        let platform: OneJobPlatform

        func step(_ name: String) -> StepReport? { finished.steps.first { $0.step == name } }
        func log(_ name: String) -> String { platform.log(name) }
    }

    /// Where a job's commit is fetched.
    struct Source: Sendable {
        var url: String
        var commit: String
        var token = "mirror-token"
        var cloneURL: String?
    }

    /// A job of all of the stage's steps.
    /// - Parameter secretImages: which images may receive a secret, by its name; all where it is not there.
    func grant(
        _ stage: Stage, source: Source? = nil, secrets: [String: String] = [:], secretImages: [String: [String]] = [:],
        logins: [String: RegistryLogin]? = nil, message: String = "first",
        parameters: [String: String]? = nil, timeout: Int = 300, repository: String = "shop/web"
    ) throws -> JobGrant {
        var stage = stage
        if source == nil { stage.clone.disable = true }
        let (job, run, repository) = (JobID.make(), RunID.make(), RepositoryPath(rawValue: repository))
        let binding = SealBinding.Grant(job: job, run: run, repository: repository, for: .builder(pool: "default"))
        var sealed: [String: SealedSecret] = [:]
        var ofImages: [String: ImageSecret] = [:]
        for (name, text) in secrets {
            let secret = try keys.seal(text, for: binding.secret(name))
            if let images = secretImages[name] {
                ofImages[name] = ImageSecret(sealed: secret, images: images)
            } else {
                sealed[name] = secret
            }
        }
        var registries: [String: SealedSecret] = [:]
        for (host, login) in logins ?? [registry: login] {
            let text = String(decoding: try Wire.encode(login), as: UTF8.self)
            registries[host] = try keys.seal(text, for: binding.registry(host))
        }
        let commit = Commit(
            sha: source?.commit ?? String(repeating: "a", count: 40), message: message, authorName: "Test",
            authorEmail: "test@example.org", committedAt: .now)
        let trigger = Trigger(
            id: .make(), event: .push, repository: repository, ref: "refs/heads/main",
            branch: "main")
        let variables = RunVariables(trigger: trigger, commit: commit, number: 1)
        return JobGrant(
            job: job, run: run, attempt: 1, leaseSeconds: 60, timeoutSeconds: timeout,
            repository: repository, commit: commit, ref: "refs/heads/main",
            stage: try JSONValue(encoding: stage), steps: stage.steps.map(\.name),
            environment: variables.environment(stage: stage),
            parameters: parameters, secrets: sealed, imageSecrets: ofImages, registries: registries,
            source: try source.map {
                SourceAccess(
                    url: $0.url, token: try keys.seal($0.token, for: binding.mirror($0.url)), cloneURL: $0.cloneURL)
            })
    }

    func host(
        data: String, limits: ContainerLimits = .init(), images: ImageRules = .init(local: ["*"]), imageLimit: Int64 = 0
    ) -> DockerHost {
        DockerHost(
            socketPath: socket, data: data, hostData: nil, worker: worker, limits: limits,
            images: images, imageLimit: imageLimit, http: http,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Does a job as the builder does it.
    func run(
        _ stage: Stage, source: Source? = nil, secrets: [String: String] = [:], secretImages: [String: [String]] = [:],
        logins: [String: RegistryLogin]? = nil, runners: Set<Runner> = [.docker], limits: ContainerLimits = .init(),
        images: ImageRules = .init(local: ["*"]), repository: String = "shop/web",
        sharesDocker: Bool = false, users: ProcessUsers? = nil, disk: DiskLimit? = nil,
        caches: SourceCaches? = nil, message: String = "first",
        parameters: [String: String]? = nil,
        timeout: Int = 300,
        events: WorkerEvents? = nil,
        docker: DockerHost? = nil,
        during: (@Sendable (OneJobPlatform) async throws -> Void)? = nil
    ) async throws -> Outcome {
        let grant = try grant(
            stage, source: source, secrets: secrets, secretImages: secretImages, logins: logins, message: message,
            parameters: parameters, timeout: timeout, repository: repository)
        let platform = OneJobPlatform(grant)
        let data = FilePath("\(folder)/data-\(grant.job)")
        try FileTree.make(data.appending("git"))
        if users != nil { try FileTree.makeTraversable(data) }
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let docker = docker ?? host(data: data.string, limits: limits, images: images)
        let executor = BuildExecutor(
            jobs: data.appending("jobs"),
            git: GitProgram(home: data.appending("git").string, allowsFile: true, logger: logger),
            caches: caches ?? SourceCaches(folder: data.appending("sources"), limit: 1 << 30, logger: logger),
            parts: SourcePartsClient(http: http, authorities: nil),
            tools: BuildTools(
                processes: runners.contains(.process)
                    ? StepProcesses(
                        runner: ProcessRunner(worker: worker, logger: logger), users: users,
                        sharesDocker: sharesDocker) : nil,
                docker: runners.contains(.docker) ? docker : nil, registry: RegistryClient(client: http),
                events: events ?? WorkerEvents(service: "builder", logger: logger) { _ in }, logger: logger),
            disk: disk)
        let loop = JobLoop(
            platform: platform, executor: executor, keys: keys,
            configuration: JobLoopConfiguration(
                worker: worker, slots: 1, grace: .seconds(5), spool: data.appending("spool")), logger: logger)
        let working = Task { try await loop.run() }
        try await during?(platform)
        let finished = await platform.finish()
        working.cancel()
        try await working.value
        guard let finished else { throw TestFailure("the job did not end") }
        // Whatever happened, nothing of it stays behind.
        let left = try FileManager.default.contentsOfDirectory(atPath: data.appending("jobs").string)
        guard left.isEmpty else { throw TestFailure("the job left its folder behind: \(left)") }
        let labels = ["slipway.dev/job": grant.job.rawValue]
        let objects =
            try await engine.containers(labelled: labels) + engine.networks(labelled: labels)
            + engine.volumes(labelled: labels)
        guard objects.isEmpty else { throw TestFailure("the job left behind: \(objects)") }
        let images = try await engine.imageNames(below: "\(JobImages.host)/\(grant.job)")
        guard images.isEmpty else { throw TestFailure("the job left names of images behind: \(images)") }
        guard platform.gaps.isEmpty else { throw TestFailure("the log has gaps: \(platform.gaps)") }
        return Outcome(finished: finished, platform: platform)
    }
}

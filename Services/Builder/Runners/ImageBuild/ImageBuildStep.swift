import Containers
import Contracts
import DockerEngine
import PipelineLanguage
import SystemPackage
import Threading
import Worker

/// Builds an image of the workspace and pushes it; the digest handed on is the registry's own.
struct ImageBuildStep: Sendable {
    let containers: JobContainers
    let registry: RegistryClient
    let events: WorkerEvents
    let folder: JobFolder

    func run(_ step: StepRun) async throws -> StepResult {
        guard let build = step.step.build else { throw JobFailure("the step builds no image") }
        do {
            return try await run(build, step)
        } catch let error as DockerError {
            throw JobFailure("\(error)")
        }
    }

    private func run(_ build: ImageBuild, _ step: StepRun) async throws -> StepResult {
        let engine = try await containers.host.engine()
        let images = try build.tags.map { tag throws(DockerError) in try ImageReference("\(build.repository):\(tag)") }
        guard let first = images.first else { throw JobFailure("the build has no tag") }
        let login = try login(build, first, step)
        let context = try WorkspacePath.open(build.context, of: folder)
        // Its path is good while it is open.
        defer { withExtendedLifetime(context) {} }
        var options = try options(build, context, images, step, login, first)
        try await check(build, context, engine)
        events.buildStarted(step)
        let log = step.log
        for (host, login) in options.logins {
            do {
                try await registry.check(login, for: ImageReference(host: host == "docker.io" ? nil : host, path: "v2"))
            } catch {
                options.logins[host] = nil
                await log.line("the build has no login for \(host): \(error)")
            }
        }
        await warnOfSecrets(build, log)
        await pull(build.cacheFrom, engine, step)
        let command = BuildCommand(
            build: build, images: images.map(\.description), labels: options.labels,
            memoryLimit: containers.host.limits.memory.flatMap { $0 == 0 ? nil : $0 })
        options.memoryLimit = try await containers.host.memoryLimit()
        // Its commands reach no more than steps do.
        options.network = try await containers.networkName()
        await log.line("+ \(command)")
        let id = try await engine.build(options) { progress in
            if let text = progress.stream { await log.write(Array(text.utf8)) }
        }
        try await check(id, build.platform, engine)
        var outputs = ["repository": build.repository, "tag": first.tag ?? ""]
        guard build.push else { return StepResult(success: true, outputs: outputs) }
        var digest = ""
        for image in images {
            let told = try await ImagePush(engine: engine, registry: registry, log: log).run(image, login: login)
            // What is deployed is what the registry holds, not what the engine believes.
            digest = try await registry.digest(of: image, login: login)
            guard digest == told else {
                throw JobFailure(
                    "the registry holds \(digest) as \(image), not the \(told) that was pushed: someone else pushed the "
                        + "same tag meanwhile")
            }
        }
        outputs["digest"] = digest
        outputs["reference"] = "\(build.repository)@\(digest)"
        await log.line("\(build.repository)@\(digest)")
        let artifact = PackageURL(repository: build.repository, digest: digest)
        events.built(step, artifact, user: login?.username)
        return StepResult(success: true, outputs: outputs)
    }

    // MARK: - Before and after

    /// What cannot go well is refused before anything is sent.
    private func check(_ build: ImageBuild, _ context: OpenFolder, _ engine: DockerEngine) async throws {
        let dockerfile = BuildFile(
            dockerfile: build.dockerfile ?? BuildFile.standard(in: context), context: build.context)
        if let problem = dockerfile.problem(in: context) { throw JobFailure(problem) }
        guard let text = build.platform else { return }
        guard let wanted = EnginePlatform(text) else {
            throw JobFailure("“\(text)” is not a platform such as linux/amd64")
        }
        let own = try await engine.platform()
        guard own.runs(wanted, isEmulated: Emulators.have) else {
            throw JobFailure(
                "this builder's engine builds images for \(own), not for \(wanted): it runs no programs of that platform. "
                    + "Send the stage to a builder of that platform with “platform” or “node”")
        }
    }

    private func check(_ id: String, _ platform: String?, _ engine: DockerEngine) async throws {
        guard let wanted = platform.flatMap(EnginePlatform.init), let made = try await engine.inspectImage(id).platform,
            made.system != wanted.system || made.architecture != wanted.architecture
        else { return }
        throw JobFailure("the image is for \(made), not for \(wanted): the engine did not heed the platform")
    }

    private func warnOfSecrets(_ build: ImageBuild, _ log: any StepLog) async {
        for (name, value) in build.arguments.sorted(by: { $0.key < $1.key }) {
            guard let secret = value.secretName else { continue }
            await log.line(
                "warning: the build argument \(name) is the secret “\(secret)”. Its value stays in the image's history, "
                    + "where everybody who may pull the image can read it")
        }
    }

    /// The engine uses the layers of images it has, and does not fetch them by itself.
    private func pull(_ images: [String], _ engine: DockerEngine, _ step: StepRun) async {
        for text in images {
            do {
                let image = try ImageReference(text)
                await step.log.line("+ docker pull \(image)")
                let login = try step.job.credentials(for: image)
                try await registry.check(login, for: image)
                try await engine.pull(image, login: login)
            } catch {
                await step.log.line("no layers of \(text): \(error)")
            }
        }
    }

    private func options(
        _ build: ImageBuild, _ context: OpenFolder, _ images: [ImageReference], _ step: StepRun,
        _ login: RegistryCredentials?,
        _ first: ImageReference
    ) throws -> BuildOptions {
        let grant = step.job.grant
        var arguments: [String: String] = [:]
        for (name, value) in build.arguments { arguments[name] = try step.resolve(value) }
        var labels = [
            "org.opencontainers.image.revision": grant.commit.sha,
            "org.opencontainers.image.source": grant.repository.rawValue,
        ]
        labels.merge(build.labels, uniquingKeysWith: { _, given in given })
        var logins = step.job.credentials
        if let login { logins[first.registry] = login }
        var options = BuildOptions(
            context: context.path, dockerfile: build.dockerfile ?? BuildFile.standard(in: context),
            tags: images, arguments: arguments,
            target: build.target, labels: labels, cacheFrom: build.cacheFrom, pulls: build.pull,
            usesCache: !build.noCache, logins: logins)
        options.platform = build.platform
        return options
    }

    /// The step's own login, else the job's.
    private func login(
        _ build: ImageBuild, _ image: ImageReference, _ step: StepRun
    ) throws(JobFailure) -> RegistryCredentials? {
        if let username = build.username, let password = build.password {
            return RegistryCredentials(
                username: try step.resolve(username), password: try step.resolve(password))
        }
        return try step.job.credentials(for: image, to: .push)
    }
}

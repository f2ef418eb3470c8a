import Contracts
import DockerEngine
import PipelineLanguage
import SystemPackage
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
        events.buildStarted(step)
        let log = step.log
        await log.line("+ docker build -t \(first) \(build.context)")
        _ = try await engine.build(try options(build, images, step, login, first)) { progress in
            if let text = progress.stream { await log.write(Array(text.utf8)) }
        }
        var outputs = ["repository": build.repository, "tag": first.tag ?? ""]
        guard build.push else { return StepResult(success: true, outputs: outputs) }
        var digest = ""
        for image in images {
            await log.line("+ docker push \(image)")
            let progress = TransferProgress(log: log)
            let told: String
            do {
                told = try await engine.push(image, login: login) { await progress.show($0) }
            } catch let error as DockerError where error.code == .unauthorized {
                throw JobFailure(
                    "the registry does not take \(image); give the platform a login for \(image.registry) that may "
                        + "push there: \(error)")
            }
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

    private func options(
        _ build: ImageBuild, _ images: [ImageReference], _ step: StepRun, _ login: RegistryCredentials?,
        _ first: ImageReference
    ) throws -> BuildOptions {
        let grant = step.job.grant
        var arguments: [String: String] = [:]
        for (name, value) in build.arguments { arguments[name] = try step.job.resolve(value) }
        var labels = [
            "org.opencontainers.image.revision": grant.commit.sha,
            "org.opencontainers.image.source": grant.repository.rawValue,
        ]
        labels.merge(build.labels, uniquingKeysWith: { _, given in given })
        var logins = step.job.registries.mapValues {
            RegistryCredentials(username: $0.username, password: $0.password)
        }
        if let login { logins[first.registry] = login }
        let context = try WorkspacePath.resolve(build.context, in: folder.workspace)
        var options = BuildOptions(
            context: context.string, dockerfile: build.dockerfile ?? "Dockerfile", tags: images, arguments: arguments,
            target: build.target, labels: labels, cacheFrom: build.cacheFrom, pulls: build.pull,
            usesCache: !build.noCache, logins: logins, memoryLimit: containers.host.limits.memory)
        options.platform = build.platform
        return options
    }

    /// The step's own login, else the platform's.
    private func login(
        _ build: ImageBuild, _ image: ImageReference, _ step: StepRun
    ) throws(JobFailure) -> RegistryCredentials? {
        if let username = build.username, let password = build.password {
            return RegistryCredentials(
                username: try step.job.resolve(username), password: try step.job.resolve(password))
        }
        return step.job.registries[image.registry].map {
            RegistryCredentials(username: $0.username, password: $0.password)
        }
    }
}

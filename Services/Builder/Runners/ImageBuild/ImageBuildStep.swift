import Containers
import Contracts
import Crypto
import DockerEngine
import FoundationEssentials
import Glibc
import PipelineLanguage
import SystemPackage
import Text
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
            throw JobFailure("\(error)", handBack: await containers.host.handBack(of: error))
        }
    }

    private func run(_ build: ImageBuild, _ step: StepRun) async throws -> StepResult {
        let engine = try await containers.host.engine()
        let images = try build.tags.map { tag throws(DockerError) in try ImageReference("\(build.repository):\(tag)") }
        guard let first = images.first else { throw JobFailure("the build has no tag") }
        for image in images where image.usual.host == JobImages.host {
            throw JobFailure(
                "\(image) is not built: images of \(JobImages.host) are those of jobs at the builder's engine. Give it "
                    + "another repository")
        }
        for image in build.push ? images : [] {
            guard let pattern = containers.host.images.pattern(of: image) else { continue }
            throw JobFailure(
                "\(image) is not pushed: SLIPWAY_DOCKER_LOCAL_IMAGES of this builder has “\(pattern)”, so that steps take it "
                    + "from the engine, where a push would change it for all of them. Push another name, or have the "
                    + "builder's owner take the pattern away")
        }
        let login = try login(build, first, step)
        let context = try WorkspacePath.open(build.context, of: folder)
        // Its path is good while it is open.
        defer { withExtendedLifetime(context) {} }
        var options = try options(build, context, step)
        try await check(build, context, engine)
        events.buildStarted(step)
        let log = step.log
        await warnOfSecrets(build, log)
        let pull = ImagePull(
            engine: engine, registry: registry, host: containers.host, images: containers.images, job: step.job,
            logins: try ownLogin(build, step).map { [first.registry: $0] } ?? [:], log: log)
        options.cacheFrom = await self.pull(build.cacheFrom, pull, step)
        try await fillIn(&options, build, context, pull, step)
        let command = BuildCommand(
            build: build, images: images.map(\.description), labels: options.labels,
            memoryLimit: containers.host.limits.memory.flatMap { $0 == 0 ? nil : $0 })
        options.memoryLimit = try await containers.host.memoryLimit()
        // Its commands reach no more than steps do.
        options.network = try await containers.networkName()
        await log.line("+ \(command)")
        // A name of the job's own: whatever else the engine calls so stays what it is.
        let name = await containers.images.name()
        options.tags = [name]
        let id = try await engine.build(options) { progress in
            guard let text = progress.stream else { return }
            containers.images.layers.note(text)
            await log.write(Array(text.utf8))
        }
        try await check(id, build.platform, engine)
        await containers.images.built(name, as: images)
        var outputs = ["repository": build.repository, "tag": first.tag ?? ""]
        guard build.push else { return StepResult(success: true, outputs: outputs) }
        var digest = ""
        for image in images {
            let told = try await push(id, as: image, login, engine, log)
            await containers.host.digests.moved(image)
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

    /// Pushes an image under a name it has for no longer than that where the registry does not take it, and which is what it
    /// was then.
    private func push(
        _ id: String, as image: ImageReference, _ login: RegistryCredentials?, _ engine: DockerEngine,
        _ log: any StepLog
    ) async throws -> String {
        let host = containers.host
        return try await host.pushes.take("\(image)") {
            let name = try await PushedName.take(
                image, for: id, mark: JobImages.mark(host.worker), engine)
            do {
                let digest = try await host.push(image, over: name.before) {
                    try await engine.tag(id, as: image)
                    return try await push(image, of: id, login, engine, log)
                }
                await Self.settle(image, log) { () throws(DockerError) in try await name.stays(engine) }
                await host.shelf.pushed(image, of: id)
                return digest
            } catch {
                await Self.settle(image, log) { () throws(DockerError) in try await name.restore(engine) }
                throw error
            }
        }
    }

    /// What is done with a name when its push has ended, after a cancellation too.
    private static func settle(
        _ image: ImageReference, _ log: any StepLog, _ work: @escaping @Sendable () async throws(DockerError) -> Void
    ) async {
        await Task {
            do {
                try await work()
            } catch {
                await log.line("the name \(image) cannot be set right at the engine: \(error)")
            }
        }.value
    }

    private func push(
        _ image: ImageReference, of id: String, _ login: RegistryCredentials?, _ engine: DockerEngine,
        _ log: any StepLog
    ) async throws -> String {
        let digest = try await ImagePush(engine: engine, registry: registry, log: log).run(image, login: login)
        // Another builder of this engine may have given the name to an image of its own meanwhile.
        guard try await engine.inspectImage(id).repositoryDigests.contains("\(image.usual.repository)@\(digest)") else {
            throw JobFailure(
                "something else than what was built has been pushed as \(image): the name was given to another image at "
                    + "the engine meanwhile; build and push again")
        }
        return digest
    }

    /// The engine uses the layers of images it has, and does not fetch them by itself.
    /// - Returns: What it knows them by.
    private func pull(_ images: [String], _ pull: ImagePull, _ step: StepRun) async -> [String] {
        var found: [String] = []
        for text in images {
            do {
                let image = try ImageReference(text)
                await step.log.line("+ docker pull \(image)")
                found.append("\(try await pull.run(image, policy: .always))")
            } catch {
                await step.log.line("no layers of \(text): \(error)")
            }
        }
        return found
    }

    /// Puts the images that this job may use in the place of names that the engine would look up among all it has, and a
    /// label that keeps the layers of one repository from being another's.
    private func fillIn(
        _ options: inout BuildOptions, _ build: ImageBuild, _ context: OpenFolder, _ pull: ImagePull, _ step: StepRun
    ) async throws {
        let bytes: [UInt8]
        do {
            let file = try context.open(options.dockerfile, O_RDONLY | O_NONBLOCK)
            bytes = try BoundedFile.read(FileDescriptor(rawValue: file), limit: Self.dockerfileLimit + 1)
        } catch {
            throw JobFailure("the Dockerfile cannot be read: \(error)")
        }
        guard bytes.count <= Self.dockerfileLimit else {
            throw JobFailure("the Dockerfile is larger than \(Self.dockerfileLimit >> 20) MiB")
        }
        let dockerfile = try Dockerfile(bytes, arguments: options.arguments)
        options.target = options.target.map(dockerfile.target)
        var names: [Dockerfile.Image: String] = [:]
        for image in dockerfile.images {
            let name = try await pull.run(
                ImageReference(image.name), policy: build.pull ? .always : nil,
                platform: image.platform ?? build.platform)
            names[image] = "\(name)"
            guard image.isBase else { continue }
            let triggers = try await pull.engine.inspectImage("\(name)").onBuild
            for trigger in triggers where try Dockerfile.copiesFromImage(trigger) {
                throw JobFailure(
                    "the image \(image.name) has “ONBUILD \(trigger)”, which would copy from an image that nobody has "
                        + "looked at; copy it in a stage of this Dockerfile, and build on an image without that")
            }
            // They come before the label.
            if !triggers.isEmpty { options.usesCache = false }
        }
        let repository = step.job.grant.repository
        let owner =
            repository.problem == nil
            ? repository.rawValue : Hex.encode(SHA256.hash(data: Data(repository.rawValue.utf8)))
        options.dockerfileText = dockerfile.text(label: "LABEL slipway.dev/repository=\(owner)") {
            names[$0] ?? $0.name
        }
    }

    private static let dockerfileLimit = 1 << 20

    private func options(_ build: ImageBuild, _ context: OpenFolder, _ step: StepRun) throws -> BuildOptions {
        let grant = step.job.grant
        var arguments: [String: String] = [:]
        for (name, value) in build.arguments { arguments[name] = try step.resolve(value) }
        if let proxy = arguments.keys.sorted().first(where: ImageRules.isProxy) {
            throw JobFailure(
                "the build argument \(proxy) is not a pipeline's to give: layers made through one proxy count as those made "
                    + "through another. The builder's owner sets SLIPWAY_DOCKER_BUILD_PROXIES=\(proxy)=…")
        }
        arguments.merge(containers.host.images.proxies) { given, _ in given }
        var labels = [
            "org.opencontainers.image.revision": grant.commit.sha,
            "org.opencontainers.image.source": grant.repository.rawValue,
        ]
        labels.merge(build.labels, uniquingKeysWith: { _, given in given })
        // The images it is made of are there when it begins: the engine needs no login.
        var options = BuildOptions(
            context: context.path, dockerfile: build.dockerfile ?? BuildFile.standard(in: context),
            arguments: arguments, target: build.target, labels: labels, usesCache: !build.noCache)
        options.platform = build.platform
        return options
    }

    /// The step's own login, else the job's.
    private func login(
        _ build: ImageBuild, _ image: ImageReference, _ step: StepRun
    ) throws(JobFailure) -> RegistryCredentials? {
        if let login = try ownLogin(build, step) { return login }
        return try step.job.credentials(for: image, to: .push)
    }

    private func ownLogin(_ build: ImageBuild, _ step: StepRun) throws(JobFailure) -> RegistryCredentials? {
        guard let username = build.username, let password = build.password else { return nil }
        return RegistryCredentials(username: try step.resolve(username), password: try step.resolve(password))
    }
}

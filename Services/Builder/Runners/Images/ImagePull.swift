import Containers
import Contracts
import DockerEngine
import PipelineLanguage
import Worker

/// Finds the image that a name of a pipeline stands for, and sees to it that it is at the engine: the job's own where it
/// built one of this name, else what the registry says to this job's login. What other jobs left at the engine counts for
/// nothing, but for the images that the builder's owner names.
struct ImagePull: Sendable {
    let engine: DockerEngine
    let registry: RegistryClient
    let host: DockerHost
    let images: JobImages
    let job: GrantedJob
    /// Logins of the step's own, by the registry's host.
    var logins: [String: RegistryCredentials] = [:]
    let log: any StepLog

    /// - Parameter platform: such as `linux/arm64`; the engine's own if `nil`.
    /// - Returns: what the engine knows the image by, and nothing else.
    /// - Throws: `JobFailure` that says what to do.
    func run(_ image: ImageReference, policy: PullPolicy?, platform: String? = nil) async throws -> ImageReference {
        if let own = await images.image(image), !job.isTrusted(image: "\(image)") { return own }
        guard image.host != JobImages.host else {
            throw JobFailure("the image \(image) is another job's, or Slipway's: none may use it by that name")
        }
        let here = host.images.areLocal(image) ? try await local(image) : nil
        let moves = image.digest == nil && (image.tag ?? "latest") == "latest"
        if let here, policy == .never || policy == .ifNotExists || policy == nil && !moves { return here }
        do {
            return try await fromRegistry(image, policy, platform)
        } catch let error as DockerError where error.code != .cancelled {
            // `latest` moves, but a registry that is away should not keep back what is here.
            if policy == nil, let here {
                await log.line("the image \(image) cannot be pulled, the one here is used: \(error)")
                return here
            }
            throw JobFailure(explain(error, image), handBack: await handBack(of: error, image))
        }
    }

    private func fromRegistry(
        _ image: ImageReference, _ policy: PullPolicy?, _ platform: String?
    ) async throws -> ImageReference {
        let login = try logins[image.registry] ?? job.credentials(for: image)
        if policy == .ifNotExists, let last = await last(image, login) { return last }
        let found: ImageReference
        do {
            found = image.with(
                digest: try await Self.digest(
                    of: image, login, registry, host.digests, isFresh: policy == .always))
        } catch let error as DockerError where error.isOfTransport {
            if let last = await last(image, login) {
                await log.line("the image \(image) is used as it was when its registry last answered: \(error)")
                return last
            }
            guard policy != .never else { throw error }
            // The engine may reach it on another way, such as a mirror, and knows it by this job's login too.
            guard let digest = try await pull(image, login, platform) else { throw error }
            await host.digests.note(digest, of: image, login: login)
            let found = image.with(digest: digest)
            await host.shelf.use(found, by: job.grant.job)
            return found
        }
        await host.shelf.use(found, by: job.grant.job)
        if try await isThere(found, platform) { return found }
        guard policy != .never else {
            throw JobFailure("the image \(image) is not on this builder, and may not be pulled")
        }
        try await pull(found, login, platform)
        await host.shelf.pulled(found)
        return found
    }

    /// What the registry says, as this login; it is asked once for all who want to know.
    static func digest(
        of image: ImageReference, _ login: RegistryCredentials?, _ registry: RegistryClient, _ digests: ImageDigests,
        isFresh: Bool = false
    ) async throws -> String {
        var registry = registry
        registry.retry = TransferRetry(delays: [.milliseconds(500), .seconds(2)], longest: .seconds(10))
        if await digests.last(of: image, login: login) != nil { registry.retry = .never }
        return try await digests.digest(of: image, login: login, isFresh: isFresh) { [registry] in
            try await registry.digest(of: image, login: login)
        }
    }

    /// Has the registries asked for the images of a job's steps, so that no step waits for that.
    static func lookAhead(_ build: BuildJob) async {
        guard let host = build.tools.docker else { return }
        let steps = build.job.steps.filter { $0.build == nil } + build.job.stage.services
        let names = Set(steps.compactMap(\.image)).filter { !$0.contains("$") }
        await withDiscardingTaskGroup { group in
            for name in names {
                group.addTask {
                    do {
                        let image = try ImageReference(name)
                        guard !host.images.areLocal(image), image.host != JobImages.host else { return }
                        _ = try await digest(
                            of: image, build.job.credentials(for: image), build.tools.registry, host.digests)
                    } catch {
                        // The step says what is wrong, when its turn comes.
                    }
                }
            }
        }
    }

    /// What this login was told last, where the engine has it.
    private func last(_ image: ImageReference, _ login: RegistryCredentials?) async -> ImageReference? {
        guard let digest = await host.digests.last(of: image, login: login) else { return nil }
        let last = image.with(digest: digest)
        await host.shelf.use(last, by: job.grant.job)
        do {
            return try await isThere(last, nil) ? last : nil
        } catch {
            return nil
        }
    }

    @discardableResult
    private func pull(
        _ image: ImageReference, _ login: RegistryCredentials?, _ platform: String?
    ) async throws -> String? {
        let progress = TransferProgress(log: log)
        await log.line("pulling \(image)")
        try await registry.check(login, for: image)
        return try await engine.pull(image, login: login, platform: platform) { await progress.show($0) }
    }

    /// Whether the engine has the image by its digest, and for the platform.
    private func isThere(_ image: ImageReference, _ platform: String?) async throws(DockerError) -> Bool {
        do {
            let here = try await engine.inspectImage("\(image)").platform
            guard let here, let wanted = platform.flatMap(EnginePlatform.init) else { return true }
            return here.system == wanted.system && here.architecture == wanted.architecture
        } catch  where error.code == .notFound {
            return false
        }
    }

    /// What the engine has by a name, and what it had where that is being pushed: by a name of this job's own then.
    private func local(_ image: ImageReference) async throws(DockerError) -> ImageReference? {
        if let before = await host.beforePush(image) {
            guard let before else { return nil }
            let own = await images.name()
            do {
                try await engine.tag("\(before)", as: own)
                return own
            } catch  where error.code == .notFound {
                // The push has ended.
            }
        }
        return try await isNamed(image) ? image : nil
    }

    /// Whether the engine has an image of this very name: it also takes the beginning of an image's id.
    private func isNamed(_ image: ImageReference) async throws(DockerError) -> Bool {
        do {
            return try await engine.inspectImage("\(image)").tags.contains { tag in
                do throws(DockerError) { return try ImageReference(tag).usual == image.usual } catch { return false }
            }
        } catch  where error.code == .notFound {
            return false
        }
    }

    private func handBack(of error: DockerError, _ image: ImageReference) async -> JobFinished.HandBack? {
        if let own = await host.handBack(of: error) { return own }
        return await registry.isAway(error, for: image) ? .registry : nil
    }

    private func explain(_ error: DockerError, _ image: ImageReference) -> String {
        switch error.code {
        case .unauthorized:
            let advice =
                job.withheldLogin(for: image.path, at: image.registry)
                ?? "give the platform a login for \(image.registry)"
            return "the registry does not give \(image): \(error); \(advice)"
        case .notFound:
            return
                "the registry has no \(image): \(error). An image that is only at the builder's engine has to be named in "
                + "its SLIPWAY_DOCKER_LOCAL_IMAGES, and one that a job builds and does not push is that job's alone"
        default: return "\(error)"
        }
    }
}

extension ImageReference {
    fileprivate func with(digest: String) -> ImageReference {
        var image = self
        image.digest = digest
        return image
    }
}

extension DockerError {
    /// Whether it says nothing of the image: the registry was not reached.
    fileprivate var isOfTransport: Bool {
        [.unreachable, .untrusted, .transferFailed, .protocolViolation].contains(code)
    }
}

/// Writes the layers of a pull or push to a log, a line for each that is done.
struct TransferProgress: Sendable {
    let log: any StepLog

    func show(_ progress: EngineProgress) async {
        guard let status = progress.status, progress.total == nil else { return }
        switch status {
        case "Pull complete", "Pushed", "Layer already exists", "Already exists":
            await log.line("  \(progress.id ?? ""): \(status)")
        case _ where progress.id == nil && !status.hasPrefix("The push refers"): await log.line("  \(status)")
        default: break
        }
    }
}

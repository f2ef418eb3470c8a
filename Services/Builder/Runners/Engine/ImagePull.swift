import Containers
import DockerEngine
import PipelineLanguage
import Worker

/// Sees to it that a step's image is at the engine.
struct ImagePull: Sendable {
    let engine: DockerEngine
    let registry: RegistryClient
    let job: GrantedJob
    let log: any StepLog

    /// - Throws: `JobFailure` that says what to do.
    func run(_ image: ImageReference, policy: PullPolicy?) async throws {
        let isThere = try await isThere(image)
        let moves = image.digest == nil && (image.tag ?? "latest") == "latest"
        switch policy {
        case .never:
            guard isThere else { throw JobFailure("the image \(image) is not on this builder, and may not be pulled") }
            return
        case .always: break
        case .ifNotExists: if isThere { return }
        case nil: if isThere, !moves { return }
        }
        do {
            let progress = TransferProgress(log: log)
            await log.line("pulling \(image)")
            let login = try job.credentials(for: image)
            try await registry.check(login, for: image)
            try await engine.pull(image, login: login) { await progress.show($0) }
        } catch let error as DockerError where error.code != .cancelled {
            // `latest` moves, but a registry that is away should not keep back what is here.
            if policy == nil, isThere {
                await log.line("the image \(image) cannot be pulled, the one here is used: \(error)")
                return
            }
            throw JobFailure(Self.explain(error, image))
        }
    }

    private func isThere(_ image: ImageReference) async throws(DockerError) -> Bool {
        do {
            _ = try await engine.inspectImage("\(image)")
            return true
        } catch  where error.code == .notFound {
            return false
        }
    }

    static func explain(_ error: DockerError, _ image: ImageReference) -> String {
        switch error.code {
        case .unauthorized:
            "the registry does not give \(image); give the platform a login for \(image.registry): \(error)"
        case .notFound: "the registry has no \(image): \(error)"
        default: "\(error)"
        }
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

import Contracts
import DockerEngine
import FoundationEssentials
import PipelineLanguage
import Worker

/// Sees to it that a step's image is at the engine.
struct ImagePull: Sendable {
    let engine: DockerEngine
    let job: GrantedJob
    let log: any StepLog

    /// - Throws: ``JobFailure`` that says what to do.
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
            try await engine.pull(image, login: try login(for: image)) { await progress.show($0) }
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

    /// The platform's login for the image's registry, else one of the stage's pull secrets.
    func login(for image: ImageReference) throws(JobFailure) -> RegistryCredentials? {
        if let login = job.registries[image.registry] {
            return RegistryCredentials(username: login.username, password: login.password)
        }
        for name in job.stage.imagePullSecrets {
            let text = try job.resolve(.secret(name))
            if let login = try Self.logins(text, secret: name)[image.registry] { return login }
        }
        return nil
    }

    private struct Configuration: Decodable {
        struct Login: Decodable {
            var auth: String?
            var username: String?
            var password: String?
        }
        var auths: [String: Login]
    }

    /// The logins in a `config.json` of Docker's.
    static func logins(_ text: String, secret: String) throws(JobFailure) -> [String: RegistryCredentials] {
        let configuration: Configuration
        do {
            configuration = try JSONDecoder().decode(Configuration.self, from: Data(text.utf8))
        } catch {
            throw JobFailure("the secret “\(secret)” is no Docker configuration such as {\"auths\": {…}}")
        }
        var logins: [String: RegistryCredentials] = [:]
        for (address, login) in configuration.auths {
            let host = address.split(separator: "/").last { $0.contains(".") || $0.contains(":") } ?? address[...]
            let key = host == "index.docker.io" ? "docker.io" : String(host)
            if let username = login.username, let password = login.password {
                logins[key] = RegistryCredentials(username: username, password: password)
            } else if let auth = login.auth, let data = Data(base64Encoded: auth) {
                let parts = String(decoding: data, as: UTF8.self).split(separator: ":", maxSplits: 1)
                guard parts.count == 2 else { continue }
                logins[key] = RegistryCredentials(username: String(parts[0]), password: String(parts[1]))
            }
        }
        return logins
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

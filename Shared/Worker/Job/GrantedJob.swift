public import Contracts
public import PipelineLanguage
public import Secrets

/// A job this worker may do, with its secrets opened.
public struct GrantedJob: Sendable {
    public let grant: JobGrant
    public let stage: Stage
    /// The steps of this job, in the stage's order.
    public let steps: [Step]
    /// By name.
    public let secrets: [String: String]
    /// The platform's and those of the stage's `image_pull_secrets`, by the registry's host; the platform's come first.
    public let registries: [String: RegistryLogin]
    /// The token for `JobGrant.source`.
    public let sourceToken: String?
    /// Hides all of the above in a log.
    public let mask: LogMask

    /// - Throws: ``JobFailure`` that says what of the grant cannot be used.
    public init(_ grant: JobGrant, keys: KeyRing) throws(JobFailure) {
        self.grant = grant
        do {
            stage = try grant.stage.decode(Stage.self)
        } catch {
            throw JobFailure("the job's stage is not understood by this worker: \(error)")
        }
        var steps: [Step] = []
        for name in grant.steps {
            guard let step = stage.steps.first(where: { $0.name == name }) else {
                throw JobFailure("the job is to run “\(name)”, which is not a step of the stage “\(stage.name)”")
            }
            steps.append(step)
        }
        self.steps = steps
        var registries: [String: RegistryLogin] = [:]
        do {
            var secrets: [String: String] = [:]
            for (name, sealed) in grant.secrets { secrets[name] = try keys.open(sealed, for: SecretPurpose.step) }
            self.secrets = secrets
            for (host, sealed) in grant.registries {
                let text = try keys.open(sealed, for: SecretPurpose.registry)
                registries[host] = try Wire.decode(RegistryLogin.self, from: .init(text.utf8))
            }
            sourceToken = try grant.source.map { try keys.open($0.token, for: SecretPurpose.mirror) }
        } catch {
            throw JobFailure("a secret of the job cannot be opened: \(error)")
        }
        for name in stage.imagePullSecrets {
            guard let text = secrets[name] else { continue }
            registries.merge(try DockerLogins.read(text, secret: name)) { first, _ in first }
        }
        self.registries = registries
        let hidden = Array(secrets.values) + registries.values.map(\.password) + (sourceToken.map { [$0] } ?? [])
        mask = LogMask(secrets: hidden)
    }

    /// What a value of the pipeline stands for.
    /// - Throws: ``JobFailure`` that names a secret which is not there.
    public func resolve(_ value: Value) throws(JobFailure) -> String {
        switch value {
        case .text(let text): return text
        case .secret(let name):
            guard let secret = secrets[name] else {
                throw JobFailure(
                    "there is no secret “\(name)” for this run; add it to the repository, or allow it for this event")
            }
            return secret
        }
    }

    /// - Throws: ``JobFailure`` where it may be in a pull secret that is not there.
    public func login(for registry: String) throws(JobFailure) -> RegistryLogin? {
        if let login = registries[registry] { return login }
        for name in stage.imagePullSecrets { _ = try resolve(.secret(name)) }
        return nil
    }

    /// A text with the job's secrets hidden, for what goes into a report or an event.
    public func masked(_ text: String) -> String {
        var mask = mask
        let bytes = mask.mask(Array(text.utf8))
        return String(decoding: bytes + mask.finish(), as: UTF8.self)
    }
}

/// Why a job, or a step, cannot be done, in words for a person. Nothing went wrong in the worker itself.
public struct JobFailure: Error, Sendable, Equatable, CustomStringConvertible {
    public let reason: String

    public init(_ reason: String) {
        self.reason = reason
    }

    public var description: String { reason }
}

public import Contracts
public import PipelineLanguage
public import Secrets
import SystemPackage
import Text

/// A job this worker may do, with its secrets opened.
public struct GrantedJob: Sendable {
    public let grant: JobGrant
    public let stage: Stage
    /// The steps of this job, in the stage's order.
    public let steps: [Step]
    /// By name: those that every step may have, and those that only some images may.
    let secrets: [String: String]
    /// The images of the latter, by the secret's name.
    private let images: [String: [String]]
    /// The registry logins: the platform's, those of the longest path first, then those of the stage's
    /// `image_pull_secrets`.
    let logins: [GrantedLogin]
    /// The token for `JobGrant.source`.
    public let sourceToken: String?
    /// Hides all of the above in a log.
    public let mask: LogMask

    /// - Parameters:
    ///   - keys: of this service.
    ///   - audience: whom its secrets are sealed for.
    /// - Throws: ``JobFailure`` that says what of the grant cannot be used.
    public init(_ grant: JobGrant, keys: KeyRing, for audience: SealAudience) throws(JobFailure) {
        self.grant = grant
        let binding = SealBinding.Grant(grant, for: audience)
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
        var logins: [GrantedLogin] = []
        do {
            var secrets: [String: String] = [:]
            for (name, sealed) in grant.secrets { secrets[name] = try keys.open(sealed, for: binding.secret(name)) }
            for (name, secret) in grant.imageSecrets ?? [:] {
                secrets[name] = try keys.open(secret.sealed, for: binding.secret(name))
            }
            self.secrets = secrets
            images = grant.imageSecrets?.mapValues(\.images) ?? [:]
            // A platform of an earlier version limits none.
            let granted =
                grant.logins
                ?? grant.registries.mapValues { LoginGrant(sealed: $0, uses: RegistryUse.allCases, commands: true) }
            for (place, login) in granted {
                let text = try keys.open(login.sealed, for: binding.registry(place))
                logins.append(
                    GrantedLogin(
                        place: RegistryPlace(place), login: try Wire.decode(RegistryLogin.self, from: .init(text.utf8)),
                        uses: Set(login.uses), isForCommands: login.commands))
            }
            logins.sort { $0.place.path.utf8.count > $1.place.path.utf8.count }
            sourceToken = try grant.source.map { try keys.open($0.token, for: binding.mirror($0.url)) }
        } catch {
            throw JobFailure("a secret of the job cannot be opened: \(error)")
        }
        for name in stage.imagePullSecrets where images[name] == nil {
            guard let text = secrets[name] else { continue }
            for (host, login) in try DockerLogins.read(text, secret: name) {
                logins.append(GrantedLogin(place: RegistryPlace(host: host), login: login))
            }
        }
        self.logins = logins
        let hidden = Array(secrets.values) + logins.map(\.login.password) + (sourceToken.map { [$0] } ?? [])
        mask = LogMask(secrets: hidden)
    }

    /// What a value of the pipeline stands for in a step.
    /// - Throws: ``JobFailure`` that names a secret which the step does not get, with what to do about it.
    func resolve(_ value: Value, for step: Step) throws(JobFailure) -> String {
        switch value {
        case .text(let text): return text
        case .secret(let name):
            let secret = try secret(name)
            if let images = images[name],
                let reason = SecretImages(images).refusal(of: step, workspace: stage.workspace)
            {
                throw JobFailure(
                    "the secret “\(name)” is for steps that run \(RolloutPermit.list(images)) alone, and \(reason)")
            }
            return secret
        }
    }

    /// Whether a step names a secret that is for some images alone.
    public func limitsImages(of step: Step) -> Bool {
        let values = Array(step.environment.values) + step.pluginEnvironment.map(\.value)
        return values.contains { value in value.secretName.map { images[$0] != nil } ?? false }
    }

    /// Whether an image of this name may receive a secret that others may not: it is the registry's then, not one that the
    /// job has built.
    public func isTrusted(image: String) -> Bool { images.values.contains { SecretImages($0).covers(image) } }

    private func secret(_ name: String) throws(JobFailure) -> String {
        if let secret = secrets[name] { return secret }
        if let reason = grant.withheld?[name] { throw JobFailure(reason) }
        let repository = ShellWord.quote(grant.repository.rawValue)
        throw JobFailure(
            "there is no secret “\(name)” for this run; save it: slipway secret set \(ShellWord.quote(name)) --repo=\(repository)"
        )
    }

    /// The login that an image is pulled or pushed with; `nil` where the job has none.
    /// - Parameters:
    ///   - image: its path in the registry, such as `shop/web`.
    ///   - host: the registry's; `docker.io` for an image that names none.
    /// - Throws: ``JobFailure`` where it may be in a pull secret that the job does not get.
    public func login(
        for image: String, at host: String, to use: RegistryUse = .pull
    ) throws(JobFailure) -> RegistryLogin? {
        if let login = logins.first(where: { $0.uses.contains(use) && $0.place.covers(image, at: host) }) {
            return login.login
        }
        for name in stage.imagePullSecrets { _ = try secret(name) }
        return nil
    }

    /// What of the job's secrets a text holds, in words: `the secret “npm”`; `nil` for nothing.
    func secret(in text: String) -> String? {
        guard masked(text) != text else { return nil }
        func holds(_ secret: String) -> Bool {
            var mask = LogMask(secrets: [secret])
            let bytes = Array(text.utf8)
            return mask.mask(bytes) + mask.finish() != bytes
        }
        let names = secrets.filter { holds($0.value) }.keys.sorted()
        if !names.isEmpty {
            return "the secret\(names.count > 1 ? "s" : "") \(names.map { "“\($0)”" }.joined(separator: ", "))"
        }
        return logins.first { holds($0.login.password) }
            .map { "the password for the registry \($0.place)" } ?? "the token of the job's source"
    }

    /// Why the job does not get the login that an image would need, with what to do about it; `nil` where there is none.
    public func withheldLogin(for image: String, at host: String) -> String? {
        grant.withheldLogins?.sorted { $0.key.utf8.count > $1.key.utf8.count }
            .first { RegistryPlace($0.key).covers(image, at: host) }?.value
    }

    /// The logins that commands of a step may read: of the registries which the step names.
    /// - Returns: by host; of several the first.
    public func commandLogins(for step: Step) -> [String: RegistryLogin] {
        let values = step.environment.values.compactMap { value in
            if case .text(let text) = value { text } else { nil }
        }
        let texts = step.commands + values
        var found: [String: RegistryLogin] = [:]
        for login in logins where login.isForCommands && found[login.place.host] == nil {
            // An image that names no registry is Docker Hub's.
            let isNamed = texts.contains { text in
                login.place.isNamed(in: text) || login.place.host == "docker.io" && text.contains("docker")
            }
            if isNamed { found[login.place.host] = login.login }
        }
        return found
    }

    /// A text with the job's secrets hidden, for what goes into a report or an event.
    public func masked(_ text: String) -> String {
        var mask = mask
        let bytes = mask.mask(Array(text.utf8))
        return String(decoding: bytes + mask.finish(), as: UTF8.self)
    }
}

/// Why a job, or a step, cannot be done, in words for a person.
public struct JobFailure: Error, Sendable, Equatable, CustomStringConvertible {
    public let reason: String
    /// Where the job itself has not failed, and another worker or a later attempt may do it: why it is handed back.
    public let handBack: JobFinished.HandBack?

    public init(_ reason: String, handBack: JobFinished.HandBack? = nil) {
        self.reason = reason
        self.handBack = handBack
    }

    /// One that came of an error of the system, which may be the worker's own trouble.
    public init(_ reason: String, of error: any Error) {
        self.init(reason, handBack: (error as? Errno).map(Self.isOfWorker) == true ? .worker : nil)
    }

    /// Whether an error of the system says that the machine is short of something, or broken.
    private static func isOfWorker(_ error: Errno) -> Bool {
        [
            .noSpace, .diskQuotaExceeded, .readOnlyFileSystem, .ioError, .tooManyOpenFiles, .tooManyOpenFilesInSystem,
            .noMemory, .resourceTemporarilyUnavailable,
        ].contains(error)
    }

    public var description: String { reason }
}

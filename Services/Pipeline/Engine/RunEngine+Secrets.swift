import Contracts
import PipelineLanguage

/// Which secrets a job gets.
extension RunEngine {
    /// The secrets that a job's steps name, as far as their rules let it.
    struct GrantedSecrets: Sendable, Equatable {
        /// By name.
        var secrets: [String: SealedSecret] = [:]
        /// Those that only some images get, by name.
        var ofImages: [String: ImageSecret] = [:]
        /// Why it does not get the others, by name.
        var withheld: [String: String] = [:]
    }

    /// - Parameter seal: seals one for the job.
    func secrets(
        for job: Job, _ part: JobPart, _ run: ActiveRun, in tables: some Tables,
        seal: (Secret) throws -> SealedSecret
    ) throws -> GrantedSecrets {
        let names = SecretNames.all(in: part.document)
        guard !names.isEmpty else { return GrantedSecrets() }
        let receiver = try receiver(job, run, in: tables)
        var given = GrantedSecrets()
        for secret in try tables.secrets.all(for: run.summary.repository) where names.contains(secret.name) {
            if let reason = secret.refusal(of: receiver) {
                given.withheld[secret.name] = reason
            } else if secret.rules.images.isEmpty {
                given.secrets[secret.name] = try seal(secret)
            } else {
                given.ofImages[secret.name] = ImageSecret(sealed: try seal(secret), images: secret.rules.images)
            }
        }
        return given
    }

    /// The registry logins that a job is sent: those of the registries which its steps name, as far as their rules let it.
    struct GrantedLogins: Sendable, Equatable {
        /// By place.
        var logins: [String: LoginGrant] = [:]
        /// Those without a limit within the job, by host.
        var unlimited: [String: SealedSecret] = [:]
        /// Why it does not get others, by place.
        var withheld: [String: String] = [:]
    }

    /// - Parameter seal: seals one for the job.
    func logins(
        for part: JobPart, _ run: ActiveRun, handedOn: [String], in tables: some Tables,
        seal: (RegistryAccess) throws -> SealedSecret
    ) throws -> GrantedLogins {
        let all = try tables.secrets.registries()
        guard !all.isEmpty else { return GrantedLogins() }
        let needs = RegistryNeeds(of: part, handedOn: handedOn)
        var given = GrantedLogins()
        for access in all where needs.need(access) {
            if let reason = access.refusal(of: run.origin) {
                given.withheld[access.place.description] = reason
                continue
            }
            let sealed = try seal(access)
            given.logins[access.place.description] = LoginGrant(
                sealed: sealed, uses: RegistryUse.allCases.filter(access.rules.allUses.contains),
                commands: access.rules.areCommandsGiven(at: access.place))
            if access.isUnlimited { given.unlimited[access.place.host] = sealed }
        }
        return given
    }

    private func receiver(_ job: Job, _ run: ActiveRun, in tables: some Tables) throws -> Secret.Receiver {
        var receiver = Secret.Receiver(origin: run.origin, environment: run.environment(of: job)?.name)
        let event = run.details.trigger.event
        guard job.kind == .build, event == .promote || event == .rollback, let target = run.details.trigger.target
        else { return receiver }
        let environment = try tables.environments.find(target)?.narrowed(to: run.summary.repository)
        receiver.refusal = environment.map { refusal(of: run, by: $0) } ?? "there is no environment “\(target)”"
        if receiver.refusal == nil { receiver.environment = target }
        return receiver
    }

    /// Why a run that promotes to an environment is not granted for it as a whole. What waits for people or for another time
    /// are rollouts: other jobs have nobody to let them.
    private func refusal(of run: ActiveRun, by environment: Environment) -> String? {
        let rules = environment.rules
        let rule = OriginRule(repositories: rules.repositories, refs: rules.refs, events: rules.events)
        if let refusal = rule.refusal(of: run.origin) {
            return "the environment “\(environment.name)” is not for \(refusal.what)"
        }
        if rules.approvals > 0 {
            return "the environment “\(environment.name)” wants approvals, which only deploy steps wait for"
        }
        for window in rules.freezes {
            do throws(Freeze.Malformed) {
                let freeze = try Freeze(window, zone: zones.rules(of: window.zone))
                if let end = freeze.end(at: run.now) {
                    return "the environment “\(environment.name)” is frozen until \(end)"
                }
            } catch {
                return "the freeze “\(window.name)” of the environment “\(environment.name)” cannot be read: \(error)"
            }
        }
        return nil
    }
}

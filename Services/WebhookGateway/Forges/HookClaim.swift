import Contracts

/// What a hook says it is of, which holds once it is verified.
struct HookClaim: Sendable {
    /// Whose secret it has to have: the repository, or the organization of a hook that is of none.
    var subject: RepositoryPath
    var isOrganization = false
    var forge: Forge
    var cloneURL: String?
    var defaultBranch: String?
    /// Verifies it with the secrets of ``subject``, or with those of another one where these are tried.
    var verify: @Sendable (HookSecrets.Holder) throws(HookRefusal) -> Void
    var meaning: @Sendable () throws(HookRefusal) -> HookVerdict

    /// Verifies it and says what it means.
    /// - Throws: ``HookRefusal`` with what the sender has to change.
    func verdict() throws(HookRefusal) -> HookVerdict {
        do throws(HookRefusal) {
            try verify(.repository(subject))
        } catch {
            var refusal = error
            if refusal.problem.remedy == nil { refusal.problem.remedy = remedy }
            throw refusal
        }
        return try meaning()
    }

    /// The same words whether the repository is registered or not: a stranger does not learn which are.
    private var remedy: String {
        if isOrganization {
            return "give webhook-gateway SLIPWAY_HOOK_SECRETS=\(subject)=<secret>, with the secret of the hook"
        }
        return "if it is not registered, register it: \(addCommand); then enter what `slipway repo hook \(subject)` "
            + "shows in the webhook's settings"
    }

    /// The command that registers the repository.
    var addCommand: String {
        "`\(subject.addCommand(cloneURL: cloneURL, forge: forge.name, defaultBranch: defaultBranch))`"
    }
}

import Contracts
import Secrets

/// What a hook of a repository is verified with: the token derived for it, and its groups' secrets.
struct HookSecrets: Sendable {
    let token: HookToken
    let groups: GroupSecrets

    /// Whether a token is the repository's or one of its groups', in constant time.
    func accept(token given: String, for repository: RepositoryPath) -> Bool {
        let bytes = Array(given.utf8)
        var accepted = token.verify(given, for: repository)
        for secret in groups.tokens(for: repository) where constantTimeEquals(secret, bytes) { accepted = true }
        return accepted
    }

    /// What a signature may be made with: the repository's token as a signing secret (`whsec_` and its base64), and
    /// the groups' signing secrets.
    func signatures(for repository: RepositoryPath) -> [StandardWebhook] {
        [StandardWebhook(key: SigningKey(bytes: Array(token.token(for: repository).utf8)))]
            + groups.signatures(for: repository)
    }
}

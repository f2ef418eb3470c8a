import Contracts
import Secrets
import Synchronization
import Text

/// What a hook of a repository is verified with: the token derived for it, and its groups' secrets.
final class HookSecrets: Sendable {
    let token: HookToken
    let groups: GroupSecrets
    /// Tokens of repositories, by path, that have sent one that was right: to derive one takes longer than all else that
    /// verifies it.
    private let known = Mutex<[String: String]>([:])

    /// As many are kept, then none: whoever sends hooks of so many soon has them here again.
    static let limit = 4096

    init(token: HookToken, groups: GroupSecrets) {
        (self.token, self.groups) = (token, groups)
    }

    /// Whether a token is the repository's or one of its groups', in constant time.
    func accept(token given: String, for repository: RepositoryPath) -> Bool {
        accept(for: repository) { constantTimeEquals($0, given.utf8) }
    }

    /// Whether a body is signed with the repository's token or one of its groups', in constant time.
    /// - Parameter given: the HMAC-SHA256 of the body in hexadecimal digits.
    func accept(signature given: some StringProtocol, of body: [UInt8], for repository: RepositoryPath) -> Bool {
        let given = Array(given.utf8)
        return accept(for: repository) { secret in
            constantTimeEquals(given, Hex.encode(SigningKey(bytes: secret).sign(body)).utf8)
        }
    }

    /// Whether one of the secrets is right. All are tried, so that the time does not tell which one was.
    private func accept(for repository: RepositoryPath, _ isRight: ([UInt8]) -> Bool) -> Bool {
        let known = known.withLock { $0[repository.rawValue] }
        let expected = known ?? token.token(for: repository)
        var accepted = isRight(Array(expected.utf8))
        if accepted, known == nil { keep(expected, for: repository) }
        for secret in groups.tokens(for: repository) where isRight(secret) { accepted = true }
        return accepted
    }

    private func keep(_ token: String, for repository: RepositoryPath) {
        known.withLock { known in
            if known.count == Self.limit { known.removeAll() }
            known[repository.rawValue] = token
        }
    }

    /// What a signature may be made with: the repository's token as a signing secret (`whsec_` and its base64), and
    /// the groups' signing secrets.
    func signatures(for repository: RepositoryPath) -> [StandardWebhook] {
        [StandardWebhook(key: SigningKey(bytes: Array(token.token(for: repository).utf8)))]
            + groups.signatures(for: repository)
    }
}

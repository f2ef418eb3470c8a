import Contracts
import Secrets
import Synchronization
import Text

/// What a hook of a repository is verified with: the token derived for it, and its groups' secrets.
final class HookSecrets: Sendable {
    /// Whose secrets a hook is tried with.
    enum Holder: Sendable, Hashable {
        /// A repository, with the groups it is in.
        case repository(RepositoryPath)
        /// A repository without its groups.
        case alone(RepositoryPath)
        /// The group of an entry of ``GroupSecrets``, by its place.
        case group(Int)

        fileprivate var repository: RepositoryPath? {
            switch self {
            case .repository(let path), .alone(let path): path
            case .group: nil
            }
        }
    }

    let token: HookToken
    let groups: GroupSecrets
    let signed: SignedRepositories
    /// Tokens of repositories, by path, that have sent one that was right: to derive one takes longer than all else that
    /// verifies it.
    private let known = Mutex<[String: String]>([:])

    private let unsigned = Mutex(UnsignedHooks())

    /// As many are kept, then none: whoever sends hooks of so many soon has them here again.
    static let limit = 4096

    init(token: HookToken, groups: GroupSecrets, signed: SignedRepositories = SignedRepositories()) {
        (self.token, self.groups, self.signed) = (token, groups, signed)
    }

    /// Refuses a hook that is not signed where its repository's have to be, whatever its token. One whose token is right
    /// was set up before that, and somebody has to hear of it: ``unsignedRemark``.
    func requireSigned(
        _ repository: RepositoryPath, token: String?, of holder: Holder
    ) throws(HookRefusal) {
        let reason: UnsignedHooks.Reason
        if signed.contains(repository) {
            reason = .setting
        } else if let group = groups.signingGroup(of: repository) {
            reason = .group(group)
        } else {
            return
        }
        if let token, accept(token: token, for: holder) { unsigned.withLock { $0.add(repository, reason) } }
        throw .unsigned(repository)
    }

    /// What an operator should know of hooks that were refused though their token is right.
    var unsignedRemark: String? { unsigned.withLock { $0.remark } }

    /// Whether a token is one of the holder's, in constant time.
    func accept(token given: String, for holder: Holder) -> Bool {
        accept(for: holder) { constantTimeEquals($0, given.utf8) }
    }

    /// Whether a body is signed with one of the holder's tokens, in constant time.
    /// - Parameter given: the HMAC-SHA256 of the body in hexadecimal digits.
    func accept(signature given: some StringProtocol, of body: [UInt8], for holder: Holder) -> Bool {
        let given = Array(given.utf8)
        return accept(for: holder) { secret in
            constantTimeEquals(given, Hex.encode(SigningKey(bytes: secret).sign(body)).utf8)
        }
    }

    /// Whether one of the secrets is right. All are tried, so that the time does not tell which one was.
    private func accept(for holder: Holder, _ isRight: ([UInt8]) -> Bool) -> Bool {
        var accepted = false
        if let repository = holder.repository {
            let known = known.withLock { $0[repository.rawValue] }
            let expected = known ?? token.token(for: repository)
            accepted = isRight(Array(expected.utf8))
            if accepted, known == nil { keep(expected, for: repository) }
        }
        for secret in groups.tokens(of: holder) where isRight(secret) { accepted = true }
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
    func signatures(for holder: Holder) -> [StandardWebhook] {
        let own = holder.repository.map { [StandardWebhook(key: SigningKey(bytes: Array(token.token(for: $0).utf8)))] }
        return (own ?? []) + groups.signatures(of: holder)
    }
}

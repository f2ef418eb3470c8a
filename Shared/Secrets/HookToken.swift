public import Contracts
import Text

/// The secret of one repository's webhook: derived from the hook key, so that nobody has to keep it.
public struct HookToken: Sendable {
    private let key: SigningKey

    public init(key: SigningKey) {
        self.key = key
    }

    /// 64 hexadecimal digits: HMAC-SHA256 of `hook\n<path>`.
    public func token(for repository: RepositoryPath) -> String {
        Hex.encode(key.sign(Array("hook\n".utf8) + repository.rawValue.utf8))
    }
}

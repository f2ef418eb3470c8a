public import Contracts
import FoundationEssentials
import Text

/// The right to fetch one repository from sync's mirror until a moment: `v1.<seconds>.<base64url HMAC-SHA256>`.
public struct MirrorToken: Sendable {
    private let key: SigningKey

    public init(key: SigningKey) {
        self.key = key
    }

    public func sign(_ repository: RepositoryPath, until expiry: Timestamp) -> String {
        let seconds = expiry.milliseconds / 1000
        return "v1.\(seconds).\(Base64URL.encode(Data(signature(repository, seconds))))"
    }

    /// Whether the token opens this repository now.
    public func verify(_ token: String, for repository: RepositoryPath, now: Timestamp = .now) -> Bool {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "v1", let seconds = Int64(parts[1]), let given = Base64URL.decode(parts[2])
        else { return false }
        return constantTimeEquals(signature(repository, seconds), Array(given)) && seconds > now.milliseconds / 1000
    }

    private func signature(_ repository: RepositoryPath, _ seconds: Int64) -> [UInt8] {
        key.sign(Array("mirror\n\(repository.rawValue)\n\(seconds)".utf8))
    }
}

public import Contracts
import FoundationEssentials
import Text

/// What shows that a report or a piece of a log is of the worker that a job was granted to: base64url HMAC-SHA256 of the
/// job and the attempt, so that nobody has to look it up.
public struct GrantToken: Sendable {
    private let key: SigningKey

    /// - Parameters: two keys of which no service but `pipeline` has both: it needs no third.
    public init(hooks: SigningKey, mirrors: SigningKey) {
        key = SigningKey(bytes: hooks.sign(mirrors.sign("grant".utf8)))
    }

    public func sign(_ job: JobID, attempt: Int) -> String {
        Base64URL.encode(Data(signature(job, attempt)))
    }

    /// Whether the token is that of this grant.
    public func verify(_ token: String, for job: JobID, attempt: Int) -> Bool {
        guard let given = Base64URL.decode(token) else { return false }
        return constantTimeEquals(signature(job, attempt), Array(given))
    }

    private func signature(_ job: JobID, _ attempt: Int) -> [UInt8] {
        key.sign(Array("grant\n\(job.rawValue)\n\(attempt)".utf8))
    }
}

import Contracts
import Crypto
import HTTPTypes
import Secrets

/// The id of what a hook says: the same for every time it is sent.
enum HookIdentity {
    /// - Parameters:
    ///   - headers: `Idempotency-Key` (GitLab from 17.4), which a resend keeps, else `X-Gitlab-Event-UUID`.
    ///   - facts: what was pushed. They are part of the id, so that nobody can take another repository's.
    static func id(of headers: HTTPFields, _ forge: String, _ facts: [String]) -> MessageID {
        guard let key = headers[.idempotencyKey] ?? headers[.gitlabEventUUID] else {
            // Nothing tells a resend from the same push made again (to one commit, away from it, back to it).
            return MessageID(rawValue: "\(forge)-\(MessageID.make())")
        }
        var hash = SHA256()
        for fact in [key] + facts {
            hash.update(data: Array(fact.utf8))
            hash.update(data: [0])
        }
        return MessageID(rawValue: "\(forge)-\(Hex.encode(hash.finalize().prefix(16)))")
    }
}

extension HTTPField.Name {
    private static func named(_ name: String) -> HTTPField.Name { HTTPField.Name(name) ?? .cookie }

    static let idempotencyKey = named("Idempotency-Key")
    static let gitlabEventUUID = named("X-Gitlab-Event-UUID")
    static let gitlabToken = named("X-Gitlab-Token")
    static let webhookID = named("webhook-id")
    static let webhookTimestamp = named("webhook-timestamp")
    static let webhookSignature = named("webhook-signature")
}

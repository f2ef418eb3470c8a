import Contracts
import Crypto
import NIOHTTP1
import Secrets

/// The id of what a hook says: the same for every time it is sent.
enum HookIdentity {
    /// - Parameters:
    ///   - headers: `Idempotency-Key` (GitLab from 17.4), which a resend keeps, else `X-Gitlab-Event-UUID`.
    ///   - facts: what was pushed. They are part of the id, so that nobody can take another repository's.
    static func id(of headers: HTTPHeaders, _ forge: String, _ facts: [String]) -> MessageID {
        guard
            let key = headers.first(name: HookHeader.idempotencyKey) ?? headers.first(name: HookHeader.gitlabEventUUID)
        else {
            // Nothing tells a resend from the same push made again (to one commit, away from it, back to it).
            return MessageID(rawValue: "\(forge)-\(MessageID.make())")
        }
        var text: [UInt8] = []
        text.reserveCapacity(256)
        text.append(contentsOf: key.utf8)
        text.append(0)
        for fact in facts {
            text.append(contentsOf: fact.utf8)
            text.append(0)
        }
        return MessageID(rawValue: "\(forge)-\(Hex.encode(SHA256.hash(data: text), first: 16))")
    }
}

/// Headers of hooks.
enum HookHeader {
    static let idempotencyKey = "Idempotency-Key"
    static let gitlabEventUUID = "X-Gitlab-Event-UUID"
    static let gitlabEvent = "X-Gitlab-Event"
    static let gitlabToken = "X-Gitlab-Token"
    static let id = "webhook-id"
    static let timestamp = "webhook-timestamp"
    static let signature = "webhook-signature"
}

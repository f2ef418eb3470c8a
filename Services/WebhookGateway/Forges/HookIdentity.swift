import Contracts
import Crypto
import Secrets
import Text

/// The id of what a hook says: the same for every time it is sent.
enum HookIdentity {
    /// - Parameters:
    ///   - key: what the forge calls the hook, which a resend keeps; `nil` where it does not tell.
    ///   - family: what the id begins with.
    ///   - facts: what was pushed. They are part of the id, so that nobody can take another repository's.
    static func id(key: String?, _ family: String, _ facts: [String]) -> MessageID {
        guard let key else {
            // Nothing tells a resend from the same push made again (to one commit, away from it, back to it).
            return MessageID(rawValue: "\(family)-\(MessageID.make())")
        }
        var text: [UInt8] = []
        text.reserveCapacity(256)
        text.append(contentsOf: key.utf8)
        text.append(0)
        for fact in facts {
            text.append(contentsOf: fact.utf8)
            text.append(0)
        }
        return MessageID(rawValue: "\(family)-\(Hex.encode(SHA256.hash(data: text), first: 16))")
    }
}

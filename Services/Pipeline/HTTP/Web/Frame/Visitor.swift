import Crypto
import FoundationEssentials
import Secrets
import Text

/// A person who is signed in, by the session of their browser.
struct Visitor: Sendable {
    let principal: Principal
    /// Goes along with every form of ours. Another site can neither read it nor work it out.
    let guardToken: String

    /// - Parameter session: the secret in the browser's cookie.
    init(principal: Principal, session: String) {
        self.principal = principal
        guardToken = Hex.encode(SHA256.hash(data: Data("slipway form \(session)".utf8)), first: 16)
    }

    /// Whether a form was made for this person.
    func owns(_ form: WebForm) -> Bool {
        form["guard"].map { constantTimeEquals($0.utf8, guardToken.utf8) } ?? false
    }
}

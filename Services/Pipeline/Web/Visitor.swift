import Contracts
import Crypto
import FoundationEssentials
import Hummingbird
import Secrets

/// A person who is signed in, by the cookie of their browser.
struct Visitor: Sendable {
    static let cookie = "slipway_session"

    let session: String

    /// Goes along with every form of ours. Another site can neither read it nor work it out.
    var guardToken: String {
        let digest = SHA256.hash(data: Data("slipway form \(session)".utf8))
        return Hex.encode(digest, first: 16)
    }

    /// Whether a form was sent by a page of ours: it has the guard, and the browser names no other site.
    func hasSent(_ form: WebForm, in request: Request) -> Bool {
        guard let given = form["guard"] else { return false }
        return constantTimeEquals(given.utf8, guardToken.utf8) && Self.isFromHere(request)
    }

    /// Whether the browser, where it says from which site a request comes, names ours.
    static func isFromHere(_ request: Request) -> Bool {
        if let site = request.headers[.fetchSite] { return site == "same-origin" || site == "none" }
        guard let origin = request.headers[.origin], let host = request.head.authority else { return true }
        return origin == "http://\(host)" || origin == "https://\(host)"
    }

    static let otherOrigin = Problem(
        code: "other_origin", message: "The form was not sent by one of our pages.", remedy: "Open the page again.")
}

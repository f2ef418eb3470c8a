import Contracts
import FoundationEssentials
import HTTPTypes

/// What the sender of a hook is told.
struct HookAnswer: Sendable {
    var status: HTTPResponse.Status
    /// JSON.
    var body: [UInt8]
    /// Seconds after which it may be sent again.
    var retryAfter: Int?
    /// What there is at the address instead.
    var allow: String?

    /// `{"status":"accepted","id":"…"}` or `{"status":"ignored","reason":"…"}`: a 202's body.
    struct Verdict: Codable, Sendable, Equatable {
        enum Status: String, Codable, Sendable { case accepted, ignored }

        var status: Status
        /// Of an accepted push: the id its run can be found by.
        var id: MessageID?
        var reason: String?
    }

    static func accepted(_ id: MessageID) -> HookAnswer {
        HookAnswer(.accepted, Verdict(status: .accepted, id: id))
    }

    static func ignored(_ reason: String) -> HookAnswer {
        HookAnswer(.accepted, Verdict(status: .ignored, reason: reason))
    }

    init(_ refusal: HookRefusal) {
        self.init(refusal.status, refusal.problem)
        retryAfter = refusal.retryAfter
        allow = refusal.allow
    }

    private init(_ status: HTTPResponse.Status, _ value: some Encodable) {
        do {
            (self.status, body) = (status, Array(try Wire.encode(value)))
        } catch {
            (self.status, body) = (.internalServerError, [])
        }
    }
}

/// Why a hook is not taken.
struct HookRefusal: Error, Sendable {
    var status: HTTPResponse.Status
    var problem: Problem
    /// Seconds after which it may be sent again.
    var retryAfter: Int?
    var allow: String?

    init(
        _ status: HTTPResponse.Status, _ code: String, _ message: String, remedy: String? = nil, retryAfter: Int? = nil
    ) {
        self.status = status
        problem = Problem(code: code, message: message, remedy: remedy)
        self.retryAfter = retryAfter
    }

    /// Neither the broker nor the spool takes it.
    static let unavailable = HookRefusal(
        .serviceUnavailable, "unavailable", "the push cannot be kept right now", remedy: "send the hook again later",
        retryAfter: 30)
}

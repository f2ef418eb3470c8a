import Contracts
import FoundationEssentials
import NIOCore
import NIOHTTP1

/// What the sender of a hook is told.
struct HookAnswer: Sendable {
    var status: HTTPResponseStatus
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
        var text = JSONText(capacity: 96)
        text.object { verdict in
            verdict.member("id", id.rawValue)
            verdict.member("status", Verdict.Status.accepted.rawValue)
        }
        return HookAnswer(status: .accepted, body: text.bytes)
    }

    static func ignored(_ reason: String) -> HookAnswer {
        HookAnswer(.accepted, Verdict(status: .ignored, reason: reason))
    }

    init(_ refusal: HookRefusal) {
        self.init(refusal.status, refusal.problem)
        retryAfter = refusal.retryAfter
        allow = refusal.allow
    }

    private init(status: HTTPResponseStatus, body: [UInt8]) {
        (self.status, self.body) = (status, body)
    }

    private init(_ status: HTTPResponseStatus, _ value: some Encodable) {
        do {
            (self.status, body) = (status, Array(try Wire.encode(value)))
        } catch {
            (self.status, body) = (.internalServerError, [])
        }
    }
}

extension HookAnswer {
    /// Writes it as an HTTP/1.1 response.
    /// - Parameter closing: whether the connection ends with it.
    func write(to response: inout ByteBuffer, closing: Bool) {
        response.writeStaticString("HTTP/1.1 ")
        response.writeString(String(status.code))
        response.writeStaticString(" ")
        response.writeString(status.reasonPhrase)
        response.writeStaticString("\r\nContent-Type: application/json\r\n")
        if closing { response.writeStaticString("Connection: close\r\n") }
        if let retryAfter { response.writeString("Retry-After: \(retryAfter)\r\n") }
        if let allow { response.writeString("Allow: \(allow)\r\n") }
        response.writeStaticString("Content-Length: ")
        response.writeString(String(body.count))
        response.writeStaticString("\r\n\r\n")
        response.writeBytes(body)
    }
}

/// Why a hook is not taken.
struct HookRefusal: Error, Sendable {
    var status: HTTPResponseStatus
    var problem: Problem
    /// Seconds after which it may be sent again.
    var retryAfter: Int?
    var allow: String?
    /// Whether another repository's secret may be the right one.
    private(set) var isWrongSecret = false

    init(
        _ status: HTTPResponseStatus, _ code: String, _ message: String, remedy: String? = nil, retryAfter: Int? = nil
    ) {
        self.status = status
        problem = Problem(code: code, message: message, remedy: remedy)
        self.retryAfter = retryAfter
    }

    /// It is signed, or has a token, and with none of the repository's secrets.
    static func wrongSecret(_ code: String, _ message: String) -> HookRefusal {
        var refusal = HookRefusal(.unauthorized, code, message)
        refusal.isWrongSecret = true
        return refusal
    }

    static func wrongSignature(_ repository: RepositoryPath) -> HookRefusal {
        wrongSecret("wrong_signature", "the signature is not one of \(repository)")
    }

    /// It comes with a token alone, or with nothing.
    static func unsigned(_ repository: RepositoryPath) -> HookRefusal {
        HookRefusal(
            .unauthorized, "unsigned", "the hook of \(repository) is not signed, and its hooks have to be",
            remedy: "enter the secret as the hook's signing secret, not as its token; SLIPWAY_HOOK_SIGNED, or a "
                + "signing secret of its group, says that they have to be")
    }

    /// What came is no HTTP.
    static func malformedRequest(_ error: any Error) -> HookRefusal {
        HookRefusal(
            .badRequest, "malformed_request", "the request is no HTTP/1.1: \(error)",
            remedy: "post the hook over HTTP, or for https give the gateway a certificate with "
                + "SLIPWAY_TLS_CERTIFICATE_FILE")
    }

    /// Its body did not come.
    static let late = HookRefusal(
        .requestTimeout, "late",
        "the body was not there within \(HookConnection.patience.nanoseconds / 1_000_000_000) s",
        remedy: "send the hook again")

    /// Neither the broker nor the spool takes it.
    static let unavailable = HookRefusal(
        .serviceUnavailable, "unavailable", "the push cannot be kept right now", remedy: "send the hook again later",
        retryAfter: 30)
}

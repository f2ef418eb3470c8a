import Contracts
import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore

/// The body of a 202: `{"status":"accepted","id":"…"}` or `{"status":"ignored","reason":"…"}`.
struct HookAnswer: Codable, Sendable, Equatable {
    enum Status: String, Codable, Sendable { case accepted, ignored }

    var status: Status
    /// Of an accepted push: the id its run can be found by.
    var id: MessageID?
    var reason: String?

    static func accepted(_ id: MessageID) -> HookAnswer { HookAnswer(status: .accepted, id: id) }
    static func ignored(_ reason: String) -> HookAnswer { HookAnswer(status: .ignored, reason: reason) }

    var response: Response { .json(self, status: .accepted) }
}

/// Why a hook is not taken.
struct HookRefusal: Error, Sendable {
    var status: HTTPResponse.Status
    var problem: Problem
    /// Seconds after which it may be sent again.
    var retryAfter: Int?

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

    var response: Response {
        var response = Response.json(problem, status: status)
        if let retryAfter { response.headers[.retryAfter] = "\(retryAfter)" }
        // The rest of a body that is not wanted would have to be read before the connection is of use again.
        if status == .contentTooLarge { response.headers[.connection] = "close" }
        return response
    }
}

extension Response {
    static func json(_ value: some Encodable, status: HTTPResponse.Status) -> Response {
        let headers: HTTPFields = [.contentType: "application/json"]
        do {
            return Response(
                status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: try Wire.encode(value))))
        } catch {
            return Response(status: .internalServerError)
        }
    }
}

import Contracts
import HTTPTypes
import Hummingbird
import NIOCore

/// An answer that is no success: a status and what a person needs to know.
struct APIError: HTTPResponseError, Equatable {
    var status: HTTPResponse.Status
    var problem: Problem

    init(
        _ status: HTTPResponse.Status, _ code: String, _ message: String, remedy: String? = nil,
        details: [String]? = nil
    ) {
        self.status = status
        problem = Problem(code: code, message: message, remedy: remedy, details: details)
    }

    func response(from request: Request, context: some RequestContext) throws -> Response {
        var response = try Response.json(problem, status: status)
        if status == .unauthorized { response.headers[.wwwAuthenticate] = #"Bearer realm="slipway""# }
        return response
    }

    static func notFound(_ code: String, _ message: String, remedy: String? = nil) -> APIError {
        APIError(.notFound, code, message, remedy: remedy)
    }

    static func badRequest(_ code: String, _ message: String, remedy: String? = nil, details: [String]? = nil)
        -> APIError
    {
        APIError(.badRequest, code, message, remedy: remedy, details: details)
    }
}

extension Response {
    /// An answer that is JSON.
    static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        Response(
            status: status, headers: [.contentType: "application/json; charset=utf-8", .cacheControl: "no-store"],
            body: .init(byteBuffer: ByteBuffer(bytes: try Wire.encode(value))))
    }

    /// An answer that is JSON already.
    static func json(text: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json; charset=utf-8"],
            body: .init(byteBuffer: ByteBuffer(string: text)))
    }

    static let noContent = Response(status: .noContent)
}

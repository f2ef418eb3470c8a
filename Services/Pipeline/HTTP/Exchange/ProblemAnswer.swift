import Contracts
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// What a client learns about an error: the one place where errors become statuses.
struct ProblemAnswer: Error, Sendable, Equatable {
    var status: HTTPResponse.Status
    var problem: Problem
    /// In seconds.
    var retryAfter: Int?

    /// The headers that go with the status.
    var headers: HTTPFields {
        switch status {
        case .tooManyRequests: retryAfter.map { [.retryAfter: "\($0)"] } ?? [:]
        case .unauthorized: [.wwwAuthenticate: #"Bearer realm="slipway""#]
        // What the store is waited for before a request fails.
        case .serviceUnavailable: [.retryAfter: "5"]
        default: [:]
        }
    }

    init(_ status: HTTPResponse.Status, _ code: String, _ message: String, remedy: String? = nil) {
        self.status = status
        problem = Problem(code: code, message: message, remedy: remedy)
    }

    init(_ error: OperationError) {
        status =
            switch error.kind {
            case .invalid: .badRequest
            case .notSignedIn: .unauthorized
            case .forbidden: .forbidden
            case .notFound: .notFound
            case .conflict: .conflict
            case .unavailable, .busy: .serviceUnavailable
            case .noSpace: .init(code: 507, reasonPhrase: "Insufficient Storage")
            case .tooMany: .tooManyRequests
            }
        problem = error.problem
        retryAfter = error.retryAfter
        if error.problem.code == Access.notSignedIn.problem.code {
            problem.remedy = "send Authorization: Bearer <token>; \(error.problem.remedy ?? "")"
        }
    }

    /// The answer to whatever a request failed with. What is the service's own fault is logged here, once, and told
    /// without details.
    init(_ error: any Error, to request: Request, logger: Logger) {
        if let error = error as? ProblemAnswer {
            self = error
        } else if let error = OperationError(error) {
            self.init(error)
        } else if let error = error as? NIOTooManyBytesError {
            self = .tooLarge(limit: error.maxBytes)
        } else if let error = error as? any HTTPResponseError {
            self =
                switch error.status {
                case .contentTooLarge: .tooLarge(limit: nil)
                case .notFound:
                    ProblemAnswer(
                        .notFound, "unknown_path", "nothing is at \(request.method) \(request.uri.path)",
                        remedy: "the paths of the API are in \(APIPath.document.path())")
                default: ProblemAnswer(error.status, "refused", "the request was refused: \(error)")
                }
        } else {
            self.init(
                .internalServerError, "internal", "the request failed; the log of the pipeline service has the cause")
        }
        if status.kind == .serverError {
            logger.error("request failed", metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
        }
    }

    private static func tooLarge(limit: Int?) -> ProblemAnswer {
        let than = limit.map { $0 < 1 << 20 ? " than \($0 >> 10) KiB" : " than \($0 >> 20) MiB" } ?? ""
        return ProblemAnswer(
            .contentTooLarge, "too_large", "the body is larger\(than)", remedy: "send a smaller document")
    }
}

/// Makes a `Problem` of everything that goes wrong, so that a program finds the same form in every answer
/// that is no success.
struct ProblemMiddleware: RouterMiddleware {
    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            let answer = ProblemAnswer(error, to: request, logger: context.logger)
            var response = try Response.json(answer.problem, status: answer.status)
            response.headers.append(contentsOf: answer.headers)
            return response
        }
    }
}

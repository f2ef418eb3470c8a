import Contracts
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Storage

/// Makes a ``Contracts/Problem`` of everything that goes wrong, so that a program finds the same form in every answer
/// that is no success. What is the service's own fault is logged here, once, and told without details.
struct ProblemMiddleware: RouterMiddleware {
    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as APIError {
            return try error.response(from: request, context: context)
        } catch is NIOTooManyBytesError {
            return try Self.tooLarge.response(from: request, context: context)
        } catch let error as HTTPError where error.status == .contentTooLarge {
            return try Self.tooLarge.response(from: request, context: context)
        } catch let error as HTTPError where error.status == .notFound {
            let error = APIError.notFound(
                "unknown_path", "nothing is at \(request.method) \(request.uri.path)",
                remedy: "the paths of the API begin with /api/v1/")
            return try error.response(from: request, context: context)
        } catch let error as any HTTPResponseError {
            let problem = APIError(error.status, "refused", "the request was refused: \(error)")
            return try problem.response(from: request, context: context)
        } catch let error as StoreError where error.code == .full {
            context.logger.error("request failed", metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
            let problem = APIError(
                .init(code: 507, reasonPhrase: "Insufficient Storage"), "disk_full", "the service's disk is full",
                remedy: "make room on it")
            return try problem.response(from: request, context: context)
        } catch {
            context.logger.error("request failed", metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
            let problem = APIError(
                .internalServerError, "internal", "the request failed; the log of the pipeline service has the cause")
            return try problem.response(from: request, context: context)
        }
    }

    private static let tooLarge = APIError(
        .contentTooLarge, "too_large", "the body is larger than \(Request.bodyLimit >> 20) MiB",
        remedy: "send a smaller document")
}

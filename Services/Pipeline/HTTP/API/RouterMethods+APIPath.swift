import Contracts
import HTTPTypes
import Hummingbird

extension RouterMethods {
    /// Answers an operation of the API.
    func on(
        _ method: HTTPRequest.Method, _ path: APIPath,
        use answer: @Sendable @escaping (Request, Context) async throws -> Response
    ) {
        on(RouterPath(path.rawValue), method: method, use: answer)
    }
}

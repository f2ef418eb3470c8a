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

    /// Answers a page, or what one does.
    func page(
        _ method: HTTPRequest.Method, _ path: PagePath,
        use answer: @Sendable @escaping (Request, Context) async throws -> Response
    ) {
        on(path.route, method: method, use: answer)
    }
}

extension PagePath {
    /// The path as the router has it, where a parameter that keeps its slashes is whatever follows.
    var route: RouterPath {
        RouterPath(rawValue.split(separator: "/").map { $0.hasPrefix("{+") ? "**" : $0 }.joined(separator: "/"))
    }
}

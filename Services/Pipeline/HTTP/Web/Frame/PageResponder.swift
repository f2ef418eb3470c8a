import Contracts
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import WebServer

/// What all pages have in common: who may see them, the frame around them, and what is shown when something goes wrong.
struct PageResponder: Sendable {
    let sessions: BrowserSessions
    let templates: WebPages
    let logger: Logger
    /// Why the platform does not get on; `nil` where it does.
    let standstill: @Sendable () -> String?

    /// A page for someone who is signed in; others are shown the way in and come back.
    func show(
        _ request: Request, _ context: APIContext, _ body: (Principal) async throws -> Response
    ) async -> Response {
        await answer(request) {
            guard let principal = try await principal(of: request, from: context.client) else {
                return .redirect(to: PagePath.signIn.path(query: [("to", request.uri.string)]), type: .normal)
            }
            return try await body(principal)
        }
    }

    /// Something a signed-in person does with a form. That one of our pages sent it, ``BrowserSessions`` has seen to.
    func act(
        _ request: Request, _ context: APIContext, _ body: (WebForm, Principal) async throws -> Response
    ) async -> Response {
        await answer(request) {
            guard let principal = try await principal(of: request, from: context.client) else {
                return .redirect(to: PagePath.signIn.path(), type: .normal)
            }
            return try await body(try await WebForm(request), principal)
        }
    }

    private func principal(of request: Request, from client: Client) async throws -> Principal? {
        guard sessions.secret(of: request, from: client) != nil else { return nil }
        do {
            return try await sessions.principal(of: request, from: client)
        } catch let error as OperationError where error.kind == .notSignedIn {
            return nil
        }
    }

    /// Shows what goes wrong as a page.
    func answer(_ request: Request, _ body: () async throws -> Response) async -> Response {
        do {
            return try await body()
        } catch {
            let answer = ProblemAnswer(error, to: request, logger: logger)
            let heading =
                switch answer.status {
                case .notFound: "Not here"
                case .internalServerError: "Something is wrong"
                default: "That did not work"
                }
            let problem = WebFrame.Trouble(answer.problem)
            var content: [String: Any] = ["heading": heading, "message": problem.message]
            content["remedy"] = problem.remedy
            var response = page("error", heading, content, for: nil, status: answer.status)
            response.headers[.retryAfter] = answer.headers[.retryAfter]
            return response
        }
    }

    func page(
        _ template: String, _ title: String, _ content: [String: Any], section: WebFrame.Section = .none,
        for principal: Principal?, problem: OperationError? = nil, status: HTTPResponse.Status = .ok
    ) -> Response {
        var content = content
        if let problem { content["problem"] = WebFrame.Trouble(problem.problem) }
        let status = problem.map { ProblemAnswer($0).status } ?? status
        let frame = WebFrame(
            title: title, version: templates.version, now: Timestamp.now.milliseconds, principal: principal,
            section: section, standstill: principal == nil ? nil : standstill())
        return .page(templates.part(template, frame.around(content)), status: status)
    }
}

extension Response {
    /// HTML that loads nothing but our own files and that no other site can frame.
    static func page(_ html: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status,
            headers: [
                .contentType: "text/html; charset=utf-8", .cacheControl: "no-store",
                .contentSecurityPolicy:
                    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
                .xContentTypeOptions: "nosniff", .referrerPolicy: "same-origin",
            ], body: .init(byteBuffer: ByteBuffer(string: html)))
    }
}

extension HTTPField.Name {
    fileprivate static let referrerPolicy = HTTPField.Name(parsed: "referrer-policy") ?? .referer
}

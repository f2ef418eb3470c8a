import Contracts
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

extension WebRoutes {
    /// A page for someone who is signed in; others are shown the way in and come back.
    func show(_ request: Request, _ body: (Visitor) async throws -> Response) async -> Response {
        await answer(request) {
            guard let visitor = try await visitor(of: request) else {
                return .redirect(to: WebPath.make("/sign-in", [("to", request.uri.string)]), type: .normal)
            }
            return try await body(visitor)
        }
    }

    /// Something a signed-in person does with a form.
    func act(_ request: Request, _ body: (WebForm, Visitor) async throws -> Response) async -> Response {
        await answer(request) {
            guard let visitor = try await visitor(of: request) else {
                return .redirect(to: "/sign-in", type: .normal)
            }
            let form = try await WebForm(request)
            guard visitor.hasSent(form, in: request) else { throw Visitor.otherOrigin }
            return try await body(form, visitor)
        }
    }

    func visitor(of request: Request) async throws -> Visitor? {
        guard let session = request.cookies[Visitor.cookie]?.value, !session.isEmpty,
            try await model.isSignedIn(session)
        else { return nil }
        return Visitor(session: session)
    }

    /// Shows what goes wrong as a page.
    func answer(_ request: Request, _ body: () async throws -> Response) async -> Response {
        do {
            return try await body()
        } catch let problem as Problem {
            return trouble(problem, problem.code.hasPrefix("unknown_") ? .notFound : .badRequest)
        } catch is NIOTooManyBytesError {
            let problem = Problem(code: "too_large", message: "That is too large.", remedy: "Send less than 4 MB.")
            return trouble(problem, .contentTooLarge)
        } catch {
            logger.error("page failed", metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
            let problem = Problem(
                code: "internal", message: "The page could not be made.",
                remedy: "The log of the pipeline service has the cause.")
            return trouble(problem, .internalServerError)
        }
    }

    private func trouble(_ problem: Problem, _ status: HTTPResponse.Status) -> Response {
        let heading =
            switch status {
            case .notFound: "Not here"
            case .internalServerError: "Something is wrong"
            default: "That did not work"
            }
        var content: [String: Any] = ["heading": heading, "message": problem.message]
        content["remedy"] = problem.remedy
        return page("error", heading, content, visitor: nil, status: status)
    }

    func page(
        _ template: String, _ title: String, _ content: [String: Any], section: WebFrame.Section = .none,
        visitor: Visitor?, problem: Problem? = nil, status: HTTPResponse.Status = .ok
    ) -> Response {
        let frame = WebFrame(
            title: title, version: pages.version, now: Timestamp.now.milliseconds, session: visitor != nil,
            guardToken: visitor?.guardToken ?? "", section: section, problem: problem.map(WebFrame.Trouble.init))
        return .page(pages.part(template, frame.around(content)), status: status)
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
                .contentTypeOptions: "nosniff", .referrerPolicy: "same-origin",
            ], body: .init(byteBuffer: ByteBuffer(string: html)))
    }
}

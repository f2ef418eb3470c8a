import Contracts
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// The pages people see. They read without script; with it they are live.
///
///     /                       runs                      /live/runs        what of them changes
///     /runs/{id}              one run                   /live/runs/{id}   what of it changes
///     /repositories/{path}    one repository
///     /components/{name}      one component, to edit
struct WebRoutes: Sendable {
    let model: any WebModel
    let pages: WebPages
    let counts = LogLineCounts()
    let logger: Logger

    init(model: any WebModel, logger: Logger) throws {
        self.model = model
        self.logger = logger
        pages = try WebPages()
    }

    var logs: LogChunks { LogChunks(model: model, counts: counts) }

    func register<Context: RequestContext>(on router: some RouterMethods<Context>) {
        router.get("assets/:version/:file") { _, context in asset(context) }
        router.get("favicon.ico") { _, _ in Response(status: .noContent) }
        router.get("sign-in") { request, _ in try signInPage(request, wrong: false) }
        router.post("sign-in") { request, _ in await answer(request) { try await signIn(request) } }
        router.post("sign-out") { request, _ in await act(request) { _, session in try await signOut(session) } }
        registerRuns(on: router)
        registerPlatform(on: router)
    }

    private func asset(_ context: some RequestContext) -> Response {
        guard let name = context.parameters.get("file"), let file = WebPages.files[name] else {
            return Response(status: .notFound)
        }
        let isCurrent = context.parameters.get("version") == pages.version
        return Response(
            status: .ok,
            headers: [
                .contentType: file.type, .contentTypeOptions: "nosniff",
                .cacheControl: isCurrent ? "public, max-age=31536000, immutable" : "no-cache",
            ], body: .init(byteBuffer: ByteBuffer(bytes: file.bytes)))
    }

    // MARK: Signing in

    private func signInPage(_ request: Request, wrong: Bool) throws -> Response {
        let to = WebPath.local(request.uri.queryParameters["to"].map(String.init).flatMap(WebPath.decode))
        return page("sign-in", "Sign in", ["to": to, "wrong": wrong], visitor: nil, status: wrong ? .forbidden : .ok)
    }

    private func signIn(_ request: Request) async throws -> Response {
        guard Visitor.isFromHere(request) else { throw Visitor.otherOrigin }
        let form = try await WebForm(request)
        let to = WebPath.local(form["to"])
        guard let session = try await model.signIn(token: (form["token"] ?? "").filter { !$0.isWhitespace }) else {
            return page("sign-in", "Sign in", ["to": to, "wrong": true], visitor: nil, status: .forbidden)
        }
        var response = Response.redirect(to: to, type: .normal)
        response.setCookie(
            try Cookie.validated(
                name: Visitor.cookie, value: session.value, maxAge: session.life, path: "/", secure: session.isSecure,
                httpOnly: true, sameSite: .lax))
        return response
    }

    private func signOut(_ visitor: Visitor) async throws -> Response {
        try await model.signOut(visitor.session)
        var response = Response.redirect(to: "/sign-in", type: .normal)
        response.setCookie(Cookie(name: Visitor.cookie, value: "", maxAge: 0, path: "/", httpOnly: true))
        return response
    }
}

extension HTTPField.Name {
    static let contentTypeOptions = HTTPField.Name(parsed: "x-content-type-options") ?? .contentType
    static let referrerPolicy = HTTPField.Name(parsed: "referrer-policy") ?? .referer
    static let lastEventID = HTTPField.Name(parsed: "last-event-id") ?? .ifMatch
    static let fetchSite = HTTPField.Name(parsed: "sec-fetch-site") ?? .origin
}

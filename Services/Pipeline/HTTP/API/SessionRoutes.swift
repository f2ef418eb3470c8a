import Contracts
import Hummingbird

/// `/api/v1/session`: a browser signs in and out.
struct SessionRoutes {
    let sessions: BrowserSessions

    func add(to group: RouterGroup<APIContext>) {
        group.on(.post, .session) { request, context -> Response in
            var response = Response.noContent
            let token = try await request.json(SessionRequest.self, limit: Request.strangerLimit).token
            response.setCookie(try await sessions.signIn(token, by: request, from: context.client))
            return response
        }
        group.on(.delete, .session) { request, context -> Response in
            var response = Response.noContent
            response.setCookie(try await sessions.signOut(by: request, from: context.client))
            return response
        }
    }
}

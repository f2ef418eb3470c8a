import Contracts
import Hummingbird

/// How people and commands get in: `/api/v1/session`, `/link` and `/login`, which ask for nobody who is signed in.
struct SessionRoutes {
    let sessions: BrowserSessions

    func add(to group: RouterGroup<APIContext>) {
        group.on(.post, .session) { request, context -> Response in
            let credentials = try await request.json(SessionRequest.self, limit: Request.strangerLimit)
            var response = Response.noContent
            response.setCookie(try await sessions.signIn(credentials, by: request, from: context.client))
            return response
        }
        group.on(.delete, .session) { request, context -> Response in
            var response = Response.noContent
            response.setCookie(try await sessions.signOut(by: request, from: context.client))
            return response
        }
        let signIns = sessions.signIns
        group.on(.post, .link) { request, context -> Response in
            let link = try await request.json(LinkRequest.self, limit: Request.strangerLimit)
            return try .json(
                try await signIns.redeem(link, from: sessions.visitor(request, from: context.client)), status: .created)
        }
        group.on(.post, .login) { request, context -> Response in
            let login = try await request.json(LoginRequest.self, limit: Request.strangerLimit)
            return try .json(
                try await signIns.begin(login, from: sessions.visitor(request, from: context.client)),
                status: .created)
        }
        group.on(.post, .loginToken) { request, context -> Response in
            let poll = try await request.json(LoginPoll.self, limit: Request.strangerLimit)
            return try .json(try await signIns.poll(poll, from: sessions.visitor(request, from: context.client)))
        }
    }
}

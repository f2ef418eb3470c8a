import Contracts
import HTTPTypes
import Hummingbird

/// `/api/v1/session`: a browser signs in and out.
struct SessionRoutes {
    let access: Access
    /// Whether the platform is reached by HTTPS: the cookie is then for HTTPS only.
    let isSecure: Bool

    func add(to group: RouterGroup<APIContext>) {
        group.post("session") { request, _ -> Response in
            let body = try await request.json(SessionRequest.self)
            guard let cookie = try await access.signIn(token: body.token, isSecure: isSecure) else {
                throw APIError(
                    .unauthorized, "wrong_token", "the token is wrong",
                    remedy: "it is in the file “token” of the service's data folder")
            }
            var response = Response.noContent
            response.setCookie(cookie)
            return response
        }
        group.delete("session") { request, _ -> Response in
            if case .session(let session)? = try await access.credential(of: request) {
                try await access.signOut(session)
            }
            var response = Response.noContent
            response.setCookie(Cookie(name: Access.cookie, value: "", maxAge: 0, path: "/", httpOnly: true))
            return response
        }
    }
}

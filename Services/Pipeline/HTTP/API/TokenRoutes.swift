import Contracts
import Hummingbird

/// `/api/v1/tokens`: what people and programs sign in with.
struct TokenRoutes {
    let tokens: TokenOperations

    func add(to group: some RouterMethods<SignedInContext>) {
        group.on(.get, .tokens) { _, context -> Response in
            try .json(Page(items: try await tokens.all(as: context.principal)))
        }
        group.on(.post, .tokens) { request, context -> Response in
            let grant = try await tokens.make(try await request.json(), as: context.principal)
            var response = try Response.json(grant, status: .created)
            response.headers[.cacheControl] = "no-store"
            return response
        }
        group.on(.delete, .token) { request, context -> Response in
            let account = request.uri.queryParameters["account"].map(String.init)
            try await tokens.revoke(try context.part("name"), of: account, as: context.principal)
            return .noContent
        }
    }
}

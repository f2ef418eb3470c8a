import Contracts
import Hummingbird

/// `/api/v1/tokens`: what people and programs sign in with.
struct TokenRoutes {
    let tokens: TokenOperations

    func add(to group: some RouterMethods<SignedInContext>) {
        group.on(.get, .tokens) { _, context -> Response in
            let items = try await tokens.all(as: context.principal)
            return try .json(Page(items: items.map { TokenView(name: $0.name, createdAt: $0.createdAt) }))
        }
        group.on(.post, .tokens) { request, context -> Response in
            let name = try await request.json(TokenRequest.self).name
            let token = try await tokens.make(name, as: context.principal)
            var response = try Response.json(
                TokenGrant(name: name, token: token, isOwn: context.principal.has(token: name)), status: .created)
            response.headers[.cacheControl] = "no-store"
            return response
        }
        group.on(.delete, .token) { _, context -> Response in
            try await tokens.revoke(try context.part("name"), as: context.principal)
            return .noContent
        }
    }
}

import Contracts
import Hummingbird

/// `/api/v1/roles`: who has which role where.
struct RoleRoutes {
    let roles: RoleOperations

    func add(to group: some RouterMethods<SignedInContext>) {
        group.on(.get, .roles) { request, context -> Response in
            let path = request.uri.queryParameters["repository"].map { RepositoryPath(rawValue: String($0)) }
            return try .json(Page(items: try await roles.all(in: path, as: context.principal)))
        }
        group.on(.put, .role) { request, context -> Response in
            let (holder, scope) = (try context.part("holder"), try context.part("scope"))
            return try .json(
                try await roles.give(try await request.json(), within: scope, to: holder, by: context.principal))
        }
        group.on(.delete, .role) { _, context -> Response in
            try await roles.take(
                within: try context.part("scope"), from: try context.part("holder"), by: context.principal)
            return .noContent
        }
    }
}

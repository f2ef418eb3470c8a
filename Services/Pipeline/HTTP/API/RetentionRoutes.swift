import Contracts
import Hummingbird

/// `/api/v1/retention`: what is not kept any more, and how long a repository's runs are.
struct RetentionRoutes {
    let retention: RetentionOperations
    let repositories: RepositoryOperations

    func add(to group: some RouterMethods<SignedInContext>) {
        group.on(.get, .retention) { _, context -> Response in
            try .json(try await retention.view(as: context.principal))
        }
        group.on(.post, .clean) { _, context -> Response in
            try .json(try await retention.clean(as: context.principal))
        }
        group.on(.put, .repositoryRetention) { request, context -> Response in
            let path = try context.repository()
            try await retention.save(try await request.json(), of: path, by: context.principal)
            return try .json(try await repositories.view(path, as: context.principal))
        }
    }
}

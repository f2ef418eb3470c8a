import Contracts
import Hummingbird

/// `/api/v1/repositories`: what is delivered, from where, by which component.
struct RepositoryRoutes {
    let repositories: RepositoryOperations

    func add(to group: some RouterMethods<SignedInContext>) {
        group.on(.get, .repositories) { _, context -> Response in
            try .json(Page(items: try await repositories.all(as: context.principal)))
        }
        group.on(.get, .discoveredRepositories) { _, context -> Response in
            try .json(Page(items: try await repositories.discovered(as: context.principal)))
        }
        group.on(.get, .repository) { _, context -> Response in
            try .json(try await repositories.view(try context.repository(), as: context.principal))
        }
        group.on(.put, .repository) { request, context -> Response in
            let path = try context.repository()
            let isNew = try await repositories.save(try await request.json(), as: path, by: context.principal)
            let view = try await repositories.view(path, as: context.principal)
            return try .json(view, status: isNew ? .created : .ok)
        }
        group.on(.delete, .repository) { _, context -> Response in
            try await repositories.remove(try context.repository(), as: context.principal)
            return .noContent
        }
        group.on(.get, .hook) { _, context -> Response in
            try .json(try await repositories.hook(of: try context.repository(), as: context.principal))
        }
        group.on(.put, .associations) { request, context -> Response in
            let path = try context.repository()
            let associations = try await request.json([AssociationView].self)
            try await repositories.associate(associations, with: path, as: context.principal)
            return try .json(try await repositories.view(path, as: context.principal))
        }
    }
}

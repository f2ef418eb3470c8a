import Contracts
import Hummingbird

/// Secrets and registry logins: sealed on arrival, never shown.
struct SecretRoutes {
    let secrets: SecretOperations

    func add(to group: some RouterMethods<SignedInContext>) {
        group.on(.get, .secrets) { _, context -> Response in
            try .json(Page(items: try await secrets.all(as: context.principal)))
        }
        group.on(.put, .secret) { request, context -> Response in
            try await save(request, context, of: .all)
        }
        group.on(.delete, .secret) { _, context -> Response in
            try await remove(context, of: .all)
        }
        group.on(.get, .repositorySecrets) { _, context -> Response in
            try .json(Page(items: try await secrets.all(of: try context.repository(), as: context.principal)))
        }
        group.on(.put, .repositorySecret) { request, context -> Response in
            try await save(request, context, of: .repository(try context.repository()))
        }
        group.on(.delete, .repositorySecret) { _, context -> Response in
            try await remove(context, of: .repository(try context.repository()))
        }
        group.on(.put, .groupSecret) { request, context -> Response in
            try await save(request, context, of: .group(try context.part("group")))
        }
        group.on(.delete, .groupSecret) { _, context -> Response in
            try await remove(context, of: .group(try context.part("group")))
        }
        group.on(.get, .registries) { _, context -> Response in
            try .json(try await secrets.registries(as: context.principal))
        }
        group.on(.put, .registry) { request, context -> Response in
            let body = try await request.json(RegistryRequest.self)
            return try .json(try await secrets.save(body, for: try context.part("host"), as: context.principal))
        }
        group.on(.delete, .registry) { _, context -> Response in
            try await secrets.remove(registry: try context.part("host"), as: context.principal)
            return .noContent
        }
    }

    private func save(
        _ request: Request, _ context: SignedInContext, of owner: SecretOwner
    ) async throws -> Response {
        let name = try context.part("name")
        let body = try await request.json(SecretRequest.self)
        return try .json(try await secrets.save(body, as: name, of: owner, by: context.principal))
    }

    private func remove(_ context: SignedInContext, of owner: SecretOwner) async throws -> Response {
        try await secrets.remove(try context.part("name"), of: owner, as: context.principal)
        return .noContent
    }
}

import Contracts
import Hummingbird

/// `/api/v1/secrets`, `/api/v1/repositories/{path}/secrets` and `/api/v1/registries`: sealed on arrival, never shown.
struct SecretRoutes {
    let secrets: SecretOperations

    func add(to group: some RouterMethods<SignedInContext>) {
        group.get("secrets") { _, context -> Response in
            try .json(Page(items: try await secrets.all(as: context.principal)))
        }
        group.put("secrets/:name") { request, context -> Response in
            try await save(request, context, of: nil)
        }
        group.delete("secrets/:name") { _, context -> Response in
            try await remove(context, of: nil)
        }
        group.get("repositories/:repository/secrets") { _, context -> Response in
            try .json(Page(items: try await secrets.all(of: try context.repository(), as: context.principal)))
        }
        group.put("repositories/:repository/secrets/:name") { request, context -> Response in
            try await save(request, context, of: try context.repository())
        }
        group.delete("repositories/:repository/secrets/:name") { _, context -> Response in
            try await remove(context, of: try context.repository())
        }
        group.get("registries") { _, context -> Response in
            let registries = try await secrets.registries(as: context.principal)
            return try .json(registries.map { ["host": $0.host, "username": $0.username] })
        }
        group.put("registries/:host") { request, context -> Response in
            let body = try await request.json(RegistryRequest.self)
            let login = RegistryLogin(username: body.username, password: body.password)
            try await secrets.save(login, for: try context.part("host"), as: context.principal)
            return .noContent
        }
        group.delete("registries/:host") { _, context -> Response in
            try await secrets.remove(registry: try context.part("host"), as: context.principal)
            return .noContent
        }
    }

    private func save(
        _ request: Request, _ context: SignedInContext, of repository: RepositoryPath?
    ) async throws -> Response {
        let name = try context.part("name")
        let value = try await request.json(SecretRequest.self).value
        return try .json(try await secrets.save(value, as: name, of: repository, by: context.principal))
    }

    private func remove(_ context: SignedInContext, of repository: RepositoryPath?) async throws -> Response {
        try await secrets.remove(try context.part("name"), of: repository, as: context.principal)
        return .noContent
    }
}

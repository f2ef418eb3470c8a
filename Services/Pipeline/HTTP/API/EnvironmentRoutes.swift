import Contracts
import Hummingbird

/// `/api/v1/environments`: where rollouts may go, and whose.
struct EnvironmentRoutes {
    let environments: EnvironmentOperations

    func add(to group: some RouterMethods<SignedInContext>) {
        group.on(.get, .environments) { _, context -> Response in
            try .json(Page(items: try await environments.all(as: context.principal)))
        }
        group.on(.get, .environment) { _, context -> Response in
            try .json(try await environments.view(try context.part("name"), as: context.principal))
        }
        group.on(.put, .environment) { request, context -> Response in
            let name = try context.part("name")
            let isNew = try await environments.save(try await request.json(), as: name, by: context.principal)
            let view = try await environments.view(name, as: context.principal)
            return try .json(view, status: isNew ? .created : .ok)
        }
        group.on(.post, .adopt) { request, context -> Response in
            let adoption = try await environments.adopt(
                try await request.json(), in: try context.part("name"), by: context.principal)
            return try .json(adoption)
        }
        group.on(.delete, .environment) { _, context -> Response in
            try await environments.remove(try context.part("name"), as: context.principal)
            return .noContent
        }
    }
}

import Contracts
import Hummingbird

/// `/api/v1/pools`: whose jobs the builders of each pool do.
struct PoolRoutes {
    let pools: PoolOperations

    func add(to group: some RouterMethods<SignedInContext>) {
        group.on(.get, .pools) { _, context -> Response in
            try .json(Page(items: try await pools.all(as: context.principal)))
        }
        group.on(.get, .pool) { _, context -> Response in
            try .json(try await pools.view(try context.part("name"), as: context.principal))
        }
        group.on(.put, .pool) { request, context -> Response in
            let name = try context.part("name")
            let isNew = try await pools.save(try await request.json(), as: name, by: context.principal)
            let view = try await pools.view(name, as: context.principal)
            return try .json(view, status: isNew ? .created : .ok)
        }
        group.on(.delete, .pool) { _, context -> Response in
            try await pools.remove(try context.part("name"), as: context.principal)
            return .noContent
        }
    }
}

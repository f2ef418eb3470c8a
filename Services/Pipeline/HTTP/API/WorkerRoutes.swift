import Contracts
import Hummingbird

/// `/api/v1/workers`: the builders and deployers there are.
struct WorkerRoutes {
    let workers: WorkerOperations

    func add(to group: some RouterMethods<SignedInContext>) {
        group.on(.get, .workers) { _, context -> Response in
            try .json(Page(items: try await workers.list(as: context.principal)))
        }
        group.on(.put, .drain) { _, context -> Response in
            try await workers.drain(try context.part("name"), as: context.principal)
            return .noContent
        }
        group.on(.delete, .drain) { _, context -> Response in
            try await workers.resume(try context.part("name"), as: context.principal)
            return .noContent
        }
    }
}

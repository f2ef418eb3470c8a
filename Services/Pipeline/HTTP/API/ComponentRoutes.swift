import Contracts
import Hummingbird

/// `/api/v1/components`: processes kept on the platform, and `/api/v1/processes/{digest}`: whatever ran.
struct ComponentRoutes {
    let components: ComponentOperations

    func add(to group: some RouterMethods<SignedInContext>) {
        group.on(.get, .components) { _, context -> Response in
            try .json(Page(items: try await components.all(as: context.principal)))
        }
        group.on(.get, .component) { _, context -> Response in
            try .json(try await components.view(try context.part("name"), as: context.principal))
        }
        group.on(.put, .component) { request, context -> Response in
            let name = try context.part("name")
            let document = try await request.json(JSONValue.self)
            let saved = try await components.save(document, as: name, by: context.principal)
            var view = saved.view
            view.warnings = saved.warnings
            return try .json(view)
        }
        group.on(.delete, .component) { _, context -> Response in
            try await components.remove(try context.part("name"), as: context.principal)
            return .noContent
        }
        group.on(.get, .process) { _, context -> Response in
            .json(text: try await components.process(try context.part("digest"), as: context.principal))
        }
    }
}

import Contracts
import Hummingbird

/// `/api/v1/components`: processes kept on the platform, and `/api/v1/processes/{digest}`: whatever ran.
struct ComponentRoutes {
    let components: ComponentOperations

    func add(to group: some RouterMethods<SignedInContext>) {
        group.get("components") { _, context -> Response in
            try .json(Page(items: try await components.all(as: context.principal)))
        }
        group.get("components/:name") { _, context -> Response in
            try .json(try await components.view(try context.part("name"), as: context.principal))
        }
        group.put("components/:name") { request, context -> Response in
            let name = try context.part("name")
            let document = try await request.json(JSONValue.self)
            return try .json(Saved(try await components.save(document, as: name, by: context.principal)))
        }
        group.delete("components/:name") { _, context -> Response in
            try await components.remove(try context.part("name"), as: context.principal)
            return .noContent
        }
        group.get("processes/:digest") { _, context -> Response in
            .json(text: try await components.process(try context.part("digest"), as: context.principal))
        }
    }

    /// The members of the component, and the warnings beside them.
    private struct Saved: Encodable {
        let saved: ComponentOperations.Saved

        init(_ saved: ComponentOperations.Saved) { self.saved = saved }

        private enum CodingKeys: String, CodingKey { case warnings }

        func encode(to encoder: any Encoder) throws {
            try saved.view.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(saved.warnings, forKey: .warnings)
        }
    }
}

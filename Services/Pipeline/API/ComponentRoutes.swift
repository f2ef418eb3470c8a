import Contracts
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Storage

/// `/api/v1/components`: processes kept on the platform, and `/api/v1/processes/{digest}`: whatever ran.
struct ComponentRoutes {
    let store: PipelineStore

    func add(to group: RouterGroup<APIContext>) {
        group.get("components") { _, _ -> Response in
            try .json(Page(items: try await store.read { try ComponentStore(database: $0).all() }))
        }
        group.get("components/:name") { _, context -> Response in
            let name = try context.part("name")
            guard let view = try await store.read({ try ComponentStore(database: $0).find(name) }) else {
                throw Self.unknown(name)
            }
            return try .json(view)
        }
        group.put("components/:name") { request, context -> Response in
            let name = try context.part("name")
            return try .json(try await save(try await request.json(JSONValue.self), as: name))
        }
        group.delete("components/:name") { _, context -> Response in
            let name = try context.part("name")
            try await store.write { transaction in
                let components = ComponentStore(database: transaction.database)
                guard try components.find(name) != nil else { throw Self.unknown(name) }
                let users = try components.repositories(name)
                guard users.isEmpty else {
                    throw APIError(
                        .conflict, "component_in_use",
                        "the component “\(name)” is associated with \(users.map(\.rawValue).joined(separator: ", "))",
                        remedy: "change the associations first")
                }
                try components.remove(name)
            }
            return .noContent
        }
        group.get("processes/:digest") { _, context -> Response in
            let digest = try context.part("digest")
            guard let document = try await store.read({ try ComponentStore(database: $0).process(digest) }) else {
                throw APIError.notFound(
                    "unknown_process", "no process has the digest “\(digest)”", remedy: "digests look like sha256:…")
            }
            return .json(text: document)
        }
    }

    /// The component as it was saved, with what has no effect in it.
    struct Saved: Encodable {
        var view: ComponentView
        var warnings: [String]

        private enum CodingKeys: String, CodingKey { case warnings }

        func encode(to encoder: any Encoder) throws {
            try view.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(warnings, forKey: .warnings)
        }
    }

    /// Compiles a document.
    /// - Throws: ``APIError`` with all that is wrong with it.
    static func check(_ document: JSONValue, name: String) throws -> CompiledProcess {
        do {
            return try ProcessCompiler.compile(document, name: name)
        } catch let failure as CompileFailure {
            throw APIError.badRequest(
                "malformed_process", "this is not a pipeline: \(failure.summary)", details: failure.findings)
        }
    }

    func save(_ document: JSONValue, as name: String) async throws -> Saved {
        guard SecretRoutes.isName(name) else {
            throw APIError.badRequest(
                "malformed_name", "“\(name)” is not a valid component name",
                remedy: "use letters, digits, “_”, “-” and “.”, 100 at most")
        }
        let compiled = try Self.check(document, name: name)
        let view = try await store.write { transaction in
            let components = ComponentStore(database: transaction.database)
            try components.keep(process: compiled.document, digest: compiled.digest, now: transaction.now)
            return try components.save(name, document: document, digest: compiled.digest, now: transaction.now)
        }
        return Saved(view: view, warnings: compiled.warnings)
    }

    static func unknown(_ name: String) -> APIError {
        .notFound("unknown_component", "there is no component “\(name)”", remedy: "see slipway component list")
    }
}

import Contracts

/// Processes kept on the platform, and whatever ran.
struct ComponentOperations: Sendable {
    let store: PipelineStore

    func all(as principal: Principal) async throws -> [ComponentView] {
        try principal.require(.seeComponents)
        let visibility = principal.visibility(.seeComponents)
        return try await store.read { try $0.components.all().map { $0.seen(by: visibility) } }
    }

    func view(_ name: String, as principal: Principal) async throws -> ComponentView {
        guard let view = try await find(name, as: principal) else { throw OperationError.unknown(component: name) }
        return view
    }

    /// The newest revision; `nil` where there is none.
    func find(_ name: String, as principal: Principal) async throws -> ComponentView? {
        try principal.require(.seeComponents)
        let visibility = principal.visibility(.seeComponents)
        return try await store.read { try $0.components.find(name)?.seen(by: visibility) }
    }

    /// The canonical JSON of a process: of a component, or of what ran in a repository that they see.
    func process(_ digest: String, as principal: Principal) async throws -> String {
        try principal.require(.seeComponents)
        let visibility = principal.visibility(.seeComponents)
        guard let document = try await store.read({ try $0.components.process(digest, seenBy: visibility) }) else {
            throw OperationError(
                .notFound, "unknown_process", "no process has the digest “\(digest)”",
                remedy: "digests look like sha256:…")
        }
        return document
    }

    /// A component as it was saved, with what has no effect in it.
    struct Saved: Sendable, Equatable {
        var view: ComponentView
        var warnings: [String]
    }

    /// Saves a document as the component's next revision. A document that is the newest one already makes none.
    /// - Throws: ``OperationError`` with all that is wrong with it.
    func save(_ document: JSONValue, as name: String, by principal: Principal) async throws -> Saved {
        try principal.require(.saveComponent)
        guard KeptName.isValid(name) else { throw KeptName.malformed("component", name) }
        let compiled = try Self.compile(document, name: name)
        let view = try await store.write(as: principal) { transaction in
            try transaction.components.keep(
                process: compiled.document, digest: compiled.digest, now: transaction.now)
            let known = try transaction.components.find(name)
            let view = try transaction.components.save(
                name, document: document, digest: compiled.digest, by: principal.caller, now: transaction.now)
            try transaction.audit(
                .saveComponent, by: principal, of: name, before: known?.revised, after: view.revised)
            return view
        }
        return Saved(view: view, warnings: compiled.warnings)
    }

    /// Forgets the component; its revisions stay for the runs that used them.
    func remove(_ name: String, as principal: Principal) async throws {
        try principal.require(.removeComponent)
        try await store.write(as: principal) { transaction in
            guard let known = try transaction.components.find(name) else {
                throw OperationError.unknown(component: name)
            }
            let users = try transaction.components.repositories(name)
            guard users.isEmpty else {
                throw OperationError(
                    .conflict, "component_in_use",
                    "the component “\(name)” is associated with \(users.map(\.rawValue).joined(separator: ", "))",
                    remedy: "change the associations first")
            }
            try transaction.components.remove(name)
            try transaction.audit(.removeComponent, by: principal, of: name, before: known.revised)
        }
    }

    /// Throws all that is wrong with a document.
    func check(_ document: JSONValue, as principal: Principal) throws {
        try principal.require(.seeComponents)
        _ = try Self.compile(document, name: "document")
    }

    /// - Throws: ``OperationError`` with all that is wrong with it.
    static func compile(_ document: JSONValue, name: String) throws -> CompiledProcess {
        do {
            return try ProcessCompiler.compile(document, name: name)
        } catch let failure as CompileFailure {
            throw OperationError.invalid(
                "malformed_process", "this is not a pipeline: \(failure.summary)", details: failure.findings)
        }
    }
}

extension ComponentView {
    /// Which revision it is, and what it holds: documents are kept by their digest.
    fileprivate var revised: JSONValue { ["revision": .integer(Int64(revision)), "process": .string(digest)] }

    /// The component with those of its repositories that somebody sees.
    fileprivate func seen(by visibility: Visibility) -> ComponentView {
        var seen = self
        seen.repositories.removeAll { !visibility.covers($0) }
        return seen
    }
}

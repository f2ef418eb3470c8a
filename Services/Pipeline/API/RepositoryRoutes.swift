import Contracts
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Secrets
import Storage

/// `/api/v1/repositories`: what is delivered, from where, by which component.
struct RepositoryRoutes {
    let store: PipelineStore
    let keys: KeyRing
    let hooks: HookAddress

    func add(to group: RouterGroup<APIContext>) {
        group.get("repositories") { _, _ -> Response in
            try .json(Page(items: try await store.read { [hooks] in try Self.views(in: $0, hooks) }))
        }
        group.get("discovered-repositories") { _, _ -> Response in
            try .json(Page(items: try await store.read { try DiscoveredRepositoryStore(database: $0).all() }))
        }
        group.get("repositories/:repository") { _, context -> Response in
            let path = try context.repository()
            return try .json(try await view(path))
        }
        group.put("repositories/:repository") { request, context -> Response in
            let path = try context.repository()
            return try await save(try await request.json(), as: path)
        }
        group.delete("repositories/:repository") { _, context -> Response in
            let path = try context.repository()
            try await store.write { transaction in
                let repositories = RepositoryStore(database: transaction.database)
                guard try repositories.find(path) != nil else { throw Self.unknown(path) }
                try repositories.remove(path)
            }
            return .noContent
        }
        group.get("repositories/:repository/hook") { _, context -> Response in
            try .json(try await hook(of: try context.repository()))
        }
        group.put("repositories/:repository/associations") { request, context -> Response in
            let path = try context.repository()
            try await associate(try await request.json([AssociationView].self), with: path)
            return try .json(try await view(path))
        }
    }

    func hook(of path: RepositoryPath) async throws -> HookView {
        _ = try await view(path)
        return HookView(url: hooks.url(of: path), token: hooks.token(of: path))
    }

    private func save(_ body: RepositoryRequest, as path: RepositoryPath) async throws -> Response {
        do {
            _ = try CloneURL(body.cloneURL)
        } catch {
            throw APIError.badRequest(
                "malformed_clone_url", "\(error)",
                remedy: "give one such as https://gitlab.example/shop/web.git; the token goes in a field of its own")
        }
        let sealed = try body.token.map { try keys.seal($0, for: SecretPurpose.git) }
        let isNew = try await store.write { transaction in
            let repositories = RepositoryStore(database: transaction.database)
            let known = try repositories.find(path)
            try DiscoveredRepositoryStore(database: transaction.database).forget(path)
            try repositories.save(
                Repository(
                    path: path, cloneURL: body.cloneURL,
                    defaultBranch: body.defaultBranch ?? known?.defaultBranch ?? "main",
                    allowsFile: body.allowsFile ?? known?.allowsFile ?? true,
                    username: body.username ?? known?.username,
                    token: sealed ?? known?.token, createdAt: known?.createdAt ?? transaction.now))
            return known == nil
        }
        return try .json(try await view(path), status: isNew ? .created : .ok)
    }

    func associate(_ associations: [AssociationView], with path: RepositoryPath) async throws {
        try await store.write { transaction in
            let repositories = RepositoryStore(database: transaction.database)
            guard try repositories.find(path) != nil else { throw Self.unknown(path) }
            for association in associations {
                guard try ComponentStore(database: transaction.database).find(association.component) != nil else {
                    throw APIError(
                        .conflict, "unknown_component", "there is no component “\(association.component)”",
                        remedy: "save it first: slipway component put \(association.component) FILE")
                }
                if let problem = ProcessChoice.problem(with: association) {
                    throw APIError.badRequest("malformed_association", problem)
                }
            }
            try repositories.setAssociations(associations, of: path)
        }
    }

    func view(_ path: RepositoryPath) async throws -> RepositoryView {
        try await store.read { [hooks] database in
            guard let repository = try RepositoryStore(database: database).find(path) else { throw Self.unknown(path) }
            return try Self.view(of: repository, in: RepositoryStore(database: database), hooks)
        }
    }

    static func views(in database: Database, _ hooks: HookAddress) throws -> [RepositoryView] {
        let repositories = RepositoryStore(database: database)
        return try repositories.all().map { try view(of: $0, in: repositories, hooks) }
    }

    static func view(
        of repository: Repository, in repositories: RepositoryStore, _ hooks: HookAddress
    ) throws -> RepositoryView {
        RepositoryView(
            path: repository.path, cloneURL: repository.cloneURL, defaultBranch: repository.defaultBranch,
            allowsFile: repository.allowsFile, hasToken: repository.token != nil,
            hookURL: hooks.url(of: repository.path),
            associations: try repositories.associations(of: repository.path), createdAt: repository.createdAt)
    }

    static func unknown(_ path: RepositoryPath) -> APIError {
        .notFound(
            "unknown_repository", "the repository “\(path)” is not registered",
            remedy: "register it: \(path.addCommand(cloneURL: nil))")
    }
}

/// What is entered in a forge's webhook form.
struct HookAddress: Sendable {
    let tokens: HookToken
    /// Where forges reach the gateway, such as `https://hooks.example`; `nil` where it is not configured.
    let gateway: String?

    func token(of path: RepositoryPath) -> String { tokens.token(for: path) }

    func url(of path: RepositoryPath) -> String? {
        gateway.map { ($0.hasSuffix("/") ? String($0.dropLast()) : $0) + "/hooks/gitlab" }
    }
}

import Contracts
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Secrets
import Storage

/// `/api/v1/secrets`, `/api/v1/repositories/{path}/secrets` and `/api/v1/registries`: sealed on arrival, never shown.
struct SecretRoutes {
    let store: PipelineStore
    let keys: KeyRing

    func add(to group: RouterGroup<APIContext>) {
        group.get("secrets") { _, _ -> Response in
            try .json(Page(items: try await store.read { try SecretStore(database: $0).names() }))
        }
        group.put("secrets/:name") { request, context -> Response in
            try await save(try await request.json(), name: try Self.name(context), repository: nil)
        }
        group.delete("secrets/:name") { _, context -> Response in
            try await remove(try Self.name(context), repository: nil)
        }
        group.get("repositories/:repository/secrets") { _, context -> Response in
            let path = try context.repository()
            let secrets = try await store.read { database in
                guard try RepositoryStore(database: database).find(path) != nil else {
                    throw RepositoryRoutes.unknown(path)
                }
                return try SecretStore(database: database).names(for: path)
            }
            return try .json(Page(items: secrets))
        }
        group.put("repositories/:repository/secrets/:name") { request, context -> Response in
            try await save(
                try await request.json(), name: try Self.name(context), repository: try context.repository())
        }
        group.delete("repositories/:repository/secrets/:name") { _, context -> Response in
            try await remove(try Self.name(context), repository: try context.repository())
        }
        group.get("registries") { _, _ -> Response in
            let hosts = try await store.read {
                try SecretStore(database: $0).registryHosts().map { [$0.host, $0.username] }
            }
            return try .json(hosts.map { ["host": $0[0], "username": $0[1]] })
        }
        group.put("registries/:host") { request, context -> Response in
            let host = try Self.host(context)
            let body = try await request.json(RegistryRequest.self)
            let login = RegistryLogin(username: body.username, password: body.password)
            let text = String(decoding: try Wire.encode(login), as: UTF8.self)
            let sealed = try keys.seal(text, for: SecretPurpose.registry)
            try await store.write { transaction in
                try SecretStore(database: transaction.database).saveRegistry(
                    host, username: body.username, sealed: sealed, now: transaction.now)
            }
            return .noContent
        }
        group.delete("registries/:host") { _, context -> Response in
            let host = try Self.host(context)
            guard try await store.write({ try SecretStore(database: $0.database).removeRegistry(host) }) else {
                throw APIError.notFound("unknown_registry", "there is no login for “\(host)”")
            }
            return .noContent
        }
    }

    private func save(_ body: SecretRequest, name: String, repository: RepositoryPath?) async throws -> Response {
        guard !body.value.isEmpty, body.value.utf8.count <= 64 << 10 else {
            throw APIError.badRequest("malformed_secret", "a secret's value has 1 byte to 64 KiB")
        }
        let sealed = try keys.seal(body.value, for: SecretPurpose.step)
        let view = try await store.write { transaction in
            if let repository, try RepositoryStore(database: transaction.database).find(repository) == nil {
                throw RepositoryRoutes.unknown(repository)
            }
            try SecretStore(database: transaction.database).save(
                name, repository: repository, sealed: sealed, now: transaction.now)
            return SecretView(name: name, repository: repository, updatedAt: transaction.now)
        }
        return try .json(view)
    }

    private func remove(_ name: String, repository: RepositoryPath?) async throws -> Response {
        guard try await store.write({ try SecretStore(database: $0.database).remove(name, repository: repository) })
        else { throw APIError.notFound("unknown_secret", "there is no secret “\(name)”") }
        return .noContent
    }

    private static func name(_ context: APIContext) throws -> String {
        let name = try context.part("name")
        guard isName(name) else {
            throw APIError.badRequest(
                "malformed_name", "“\(name)” is not a valid secret name",
                remedy: "use letters, digits, “_”, “-” and “.”, 100 at most")
        }
        return name
    }

    static func isName(_ name: String) -> Bool {
        (1...100).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }

    private static func host(_ context: APIContext) throws -> String {
        let host = try context.part("host")
        guard !host.isEmpty, host.utf8.count <= 255, !host.contains("/"), !host.contains(where: \.isWhitespace) else {
            throw APIError.badRequest(
                "malformed_registry", "“\(host)” is not a registry's host",
                remedy: "give it as in the image's name, such as harbor.example:5000")
        }
        return host
    }
}

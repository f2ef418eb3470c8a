import Contracts
import FoundationEssentials
import Secrets

/// Secrets and registry logins: sealed on arrival, never shown.
struct SecretOperations: Sendable {
    let store: PipelineStore
    let keys: KeyRing

    /// The names of all secrets.
    func all(as principal: Principal) async throws -> [SecretView] { try await store.read { try $0.secrets.names() } }

    /// The names of those a repository's steps may use.
    func all(of path: RepositoryPath, as principal: Principal) async throws -> [SecretView] {
        try await store.read { tables in
            _ = try RepositoryOperations.find(path, in: tables)
            return try tables.secrets.names(for: path)
        }
    }

    /// - Parameter repository: `nil` for a secret of all.
    func save(
        _ value: String, as name: String, of repository: RepositoryPath?, by principal: Principal
    ) async throws -> SecretView {
        try Self.check(name)
        guard !value.isEmpty, value.utf8.count <= 64 << 10 else {
            throw OperationError.invalid("malformed_secret", "a secret's value has 1 byte to 64 KiB")
        }
        let sealed = try keys.seal(value, for: SecretPurpose.step)
        return try await store.write { transaction in
            if let repository { _ = try RepositoryOperations.find(repository, in: transaction) }
            try transaction.secrets.save(name, repository: repository, sealed: sealed, now: transaction.now)
            return SecretView(name: name, repository: repository, updatedAt: transaction.now)
        }
    }

    func remove(_ name: String, of repository: RepositoryPath?, as principal: Principal) async throws {
        try Self.check(name)
        guard try await store.write({ try $0.secrets.remove(name, repository: repository) }) else {
            throw OperationError(.notFound, "unknown_secret", "there is no secret “\(name)”")
        }
    }

    func registries(as principal: Principal) async throws -> [RegistryView] {
        try await store.read {
            try $0.secrets.registryHosts().map { RegistryView(host: $0.host, username: $0.username) }
        }
    }

    func save(_ login: RegistryLogin, for host: String, as principal: Principal) async throws {
        try Self.check(host: host)
        let text = String(decoding: try Wire.encode(login), as: UTF8.self)
        let sealed = try keys.seal(text, for: SecretPurpose.registry)
        try await store.write { transaction in
            try transaction.secrets.saveRegistry(
                host, username: login.username, sealed: sealed, now: transaction.now)
        }
    }

    func remove(registry host: String, as principal: Principal) async throws {
        try Self.check(host: host)
        guard try await store.write({ try $0.secrets.removeRegistry(host) }) else {
            throw OperationError(.notFound, "unknown_registry", "there is no login for “\(host)”")
        }
    }

    private static func check(_ name: String) throws {
        guard KeptName.isValid(name) else { throw KeptName.malformed("secret", name) }
    }

    private static func check(host: String) throws {
        guard !host.isEmpty, host.utf8.count <= 255, !host.contains("/"), !host.contains(where: \.isWhitespace) else {
            throw OperationError.invalid(
                "malformed_registry", "“\(host)” is not a registry's host",
                remedy: "give it as in the image's name, such as harbor.example:5000")
        }
    }
}

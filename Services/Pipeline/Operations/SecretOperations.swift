import Contracts
import FoundationEssentials
import Secrets

/// Secrets: sealed on arrival, never shown. Registry logins are in a file of their own.
struct SecretOperations: Sendable {
    let store: PipelineStore
    let keys: KeyRing

    /// The secrets of where they may see some, by their names and rules.
    func all(as principal: Principal) async throws -> [SecretView] {
        let visibility = principal.visibility(.seeSecrets)
        return try await store.read { try $0.secrets.all(visibility).map(\.view) }
    }

    /// Those a repository's steps may name.
    func all(of path: RepositoryPath, as principal: Principal) async throws -> [SecretView] {
        try principal.require(.seeSecrets, in: path)
        return try await store.read { tables in
            _ = try RepositoryOperations.find(path, in: tables, as: principal)
            return try tables.secrets.all(for: path).map(\.view)
        }
    }

    /// Saves a secret, or changes its value, its rules or both: what is not given stays as it is.
    func save(
        _ request: SecretRequest, as name: String, of owner: SecretOwner, by principal: Principal
    ) async throws -> SecretView {
        try Self.require(.saveSecret, of: owner, principal)
        try Self.check(name)
        if let problem = request.rules.flatMap(Self.problem) {
            throw OperationError.invalid("malformed_rules", problem)
        }
        let sealed = try request.value.map { value in
            guard !value.isEmpty, value.utf8.count <= 64 << 10 else {
                throw OperationError.invalid("malformed_secret", "a secret's value has 1 byte to 64 KiB")
            }
            return try keys.seal(value, for: .kept(secret: name, of: owner.key))
        }
        return try await store.write(as: principal) { transaction in
            try Self.check(owner, in: transaction, as: principal)
            let known = try transaction.secrets.find(name, of: owner)
            guard let sealed = sealed ?? known?.sealed else { throw Self.unknown(name) }
            let secret = Secret(
                name: name, owner: owner, rules: request.rules ?? known?.rules ?? SecretRules(), sealed: sealed,
                updatedAt: transaction.now)
            try transaction.secrets.save(secret)
            try transaction.audit(
                .saveSecret, by: principal, of: "\(name) of \(secret.view.owner)", in: RepositoryScope(owner).audited,
                before: known.map { try .audited($0.view) },
                after: .audited(secret.view, given: request.value == nil ? [] : ["value"]))
            return secret.view
        }
    }

    func remove(_ name: String, of owner: SecretOwner, as principal: Principal) async throws {
        try Self.require(.removeSecret, of: owner, principal)
        try Self.check(name)
        try await store.write(as: principal) { transaction in
            guard let known = try transaction.secrets.find(name, of: owner),
                try transaction.secrets.remove(name, of: owner)
            else { throw Self.unknown(name) }
            try transaction.audit(
                .removeSecret, by: principal, of: "\(name) of \(known.view.owner)", in: RepositoryScope(owner).audited,
                before: .audited(known.view))
        }
    }

    private static func unknown(_ name: String) -> OperationError {
        OperationError(
            .notFound, "unknown_secret", "there is no secret “\(name)”", remedy: "save its value: slipway secret set")
    }

    private static func require(
        _ operation: Operation, of owner: SecretOwner, _ principal: Principal
    ) throws(OperationError) {
        try principal.require(operation, throughout: RepositoryScope(owner))
    }

    private static func check(_ owner: SecretOwner, in tables: some Tables, as principal: Principal) throws {
        switch owner {
        case .all: break
        case .repository(let path): _ = try RepositoryOperations.find(path, in: tables, as: principal)
        case .group(let group):
            if RepositoryPath(rawValue: group).problem != nil {
                throw OperationError.invalid(
                    "malformed_group", "“\(group)” is not the name of a group",
                    remedy: "give what its repositories begin with, such as shop for shop/web")
            }
        }
    }

    /// What is wrong with rules, with what to write instead; `nil` where nothing is.
    private static func problem(with rules: SecretRules) -> String? {
        if let problem = OriginRule(refs: rules.refs, events: rules.events).problem
            ?? OriginRule.problem(with: rules.images, of: "an image")
        {
            return problem
        }
        for name in rules.environments where EnvironmentName.problem(name) != nil {
            return "“\(name)” is not the name of an environment"
        }
        return nil
    }

    private static func check(_ name: String) throws {
        guard KeptName.isValid(name) else { throw KeptName.malformed("secret", name) }
    }
}

import Contracts
import PipelineLanguage
import Secrets

/// Registry logins: sealed on arrival, never shown.
extension SecretOperations {
    func registries(as principal: Principal) async throws -> [RegistryView] {
        try principal.require(.seeRegistries)
        return try await store.read { try $0.secrets.registries().map(\.view) }
    }

    /// Saves a login, or changes it, its rules or both: what is not given stays as it is.
    /// - Parameter place: as `RegistryPlace` writes it.
    func save(_ request: RegistryRequest, for place: String, as principal: Principal) async throws -> RegistryView {
        try principal.require(.saveRegistry)
        try Self.check(place: place)
        if let problem = request.rules.flatMap(Self.problem) {
            throw OperationError.invalid("malformed_rules", problem)
        }
        let login = try Self.login(request)
        let sealed = try login.map { login in
            try keys.seal(String(decoding: Wire.encode(login), as: UTF8.self), for: .kept(registry: place))
        }
        return try await store.write(as: principal) { transaction in
            let known = try transaction.secrets.registry(place)
            guard let username = login?.username ?? known?.username, let sealed = sealed ?? known?.sealed else {
                throw Self.unknown(registry: place)
            }
            let access = RegistryAccess(
                place: RegistryPlace(place), username: username,
                rules: request.rules ?? known?.rules ?? RegistryRules(), sealed: sealed)
            try transaction.secrets.save(access, now: transaction.now)
            try transaction.audit(
                .saveRegistry, by: principal, of: place, before: known.map { try .audited($0.view) },
                after: .audited(access.view, given: login == nil ? [] : ["password"]))
            return access.view
        }
    }

    func remove(registry place: String, as principal: Principal) async throws {
        try principal.require(.removeRegistry)
        try Self.check(place: place)
        try await store.write(as: principal) { transaction in
            guard let known = try transaction.secrets.registry(place), try transaction.secrets.remove(registry: place)
            else { throw Self.unknown(registry: place) }
            try transaction.audit(.removeRegistry, by: principal, of: place, before: .audited(known.view))
        }
    }

    private static func unknown(registry place: String) -> OperationError {
        OperationError(
            .notFound, "unknown_registry", "there is no login for “\(place)”",
            remedy: "save it: slipway registry set, with its user and password")
    }

    /// - Returns: `nil` where none is given.
    private static func login(_ request: RegistryRequest) throws -> RegistryLogin? {
        switch (request.username, request.password) {
        case (let username?, let password?): return RegistryLogin(username: username, password: password)
        case (nil, nil): return nil
        default:
            throw OperationError.invalid(
                "malformed_registry", "a login has a user and a password", remedy: "give both, or neither to keep them")
        }
    }

    private static func check(place text: String) throws {
        let place = RegistryPlace(text)
        let isWhole = place.path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { !$0.isEmpty }
        guard place.description == text, !place.host.isEmpty, place.path.isEmpty || isWhole, text.utf8.count <= 255,
            !text.contains(where: \.isWhitespace)
        else {
            throw OperationError.invalid(
                "malformed_registry", "“\(text)” is not a registry's host, nor one with a path",
                remedy: "give it as in the image's name, such as harbor.example:5000 or harbor.example/shop")
        }
    }

    /// What is wrong with rules, with what to write instead; `nil` where nothing is.
    private static func problem(with rules: RegistryRules) -> String? {
        OriginRule(repositories: rules.repositories, refs: rules.refs, events: rules.events).problem
    }
}

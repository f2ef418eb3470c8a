import Contracts
import Secrets
import Storage

/// What is delivered, from where, by which component.
struct RepositoryOperations: Sendable {
    let store: PipelineStore
    let configuration: EngineConfiguration
    let hooks: HookAddress
    /// Woken where there is something else to compare.
    let comparisons: Signal
    private let handouts = TokenHandouts()

    init(engine: RunEngine, hooks: HookAddress) {
        store = engine.store
        configuration = engine.configuration
        comparisons = engine.comparisons
        self.hooks = hooks
    }

    func all(as principal: Principal) async throws -> [RepositoryView] {
        let visibility = principal.visibility(.seeRepositories)
        return try await store.read { [hooks] tables in
            let associations = try tables.repositories.associations(visibility)
            let rules = try tables.retention.rules()
            return try tables.repositories.all(visibility).map {
                Self.view(of: $0, associations[$0.path] ?? [], rules[$0.path], hooks)
            }
        }
    }

    /// Some of those whose path has a text in it, and how many there are.
    /// - Parameter text: `nil` for all.
    func search(
        _ text: String?, from offset: Int, limit: Int, as principal: Principal
    ) async throws -> (items: [RepositoryView], count: Int) {
        let visibility = principal.visibility(.seeRepositories)
        return try await store.read { [hooks] tables in
            let found = try tables.repositories.matching(text, visibility, offset: offset, limit: limit)
            return (try found.items.map { try Self.view(of: $0, in: tables, hooks) }, found.count)
        }
    }

    /// The paths of all repositories; `nil` where there are more than `limit`.
    func paths(limit: Int, as principal: Principal) async throws -> [RepositoryPath]? {
        let visibility = principal.visibility(.seeRepositories)
        let paths = try await store.read { try $0.repositories.paths(visibility, limit: limit + 1) }
        return paths.count > limit ? nil : paths
    }

    /// Those that are pushed to and not registered.
    func discovered(as principal: Principal) async throws -> [DiscoveredRepositoryView] {
        let visibility = principal.visibility(.seeDiscovered)
        return try await store.read { try $0.discovered.all().filter { visibility.covers($0.path) } }
    }

    func view(_ path: RepositoryPath, as principal: Principal) async throws -> RepositoryView {
        try principal.require(.seeRepositories, in: path)
        return try await store.read { [hooks] tables in
            try Self.view(of: try Self.find(path, in: tables, as: principal), in: tables, hooks)
        }
    }

    /// What is entered in a forge's webhook form.
    func hook(of path: RepositoryPath, as principal: Principal) async throws -> HookView {
        try principal.require(.seeHook, in: path)
        let forge = try await store.read { try Self.find(path, in: $0, as: principal) }.forge
        return HookView(url: hooks.url(for: forge), token: hooks.token(of: path), forge: forge)
    }

    /// How it is fetched; `nil` for one that is not registered.
    func source(of path: RepositoryPath, as principal: Principal) async throws -> Repository? {
        guard principal.may(.seeRepositories, in: path) else { return nil }
        return try await store.read { try $0.repositories.find(path) }
    }

    /// How it is fetched, with its token sealed for sync.
    /// - Parameter keys: the ids of those that sync has; `nil` for one of an earlier version.
    func access(
        to path: RepositoryPath, keys: [String]?, as principal: Principal
    ) async throws -> RepositoryLookupReply {
        try principal.require(.serveStages)
        let (repository, known) = try await store.read {
            (try $0.repositories.find(path), try $0.seals.keys(of: SealAudience.sync.name))
        }
        if known != .some(keys) {
            try await store.write(as: principal) { try $0.seals.save(keys, of: SealAudience.sync.name) }
        }
        guard let repository else { return .unknown }
        let handover = configuration.handover(to: keys)
        if repository.token != nil, let problem = handover.problem(of: .sync) {
            throw Problem(code: "no_key", message: "sync is sent no token of \(path): \(problem)")
        }
        if repository.token != nil, handouts.isDue(path) {
            try await store.write(as: principal) {
                try $0.audit(.useSecret, of: "the repository's token", for: SealAudience.sync.name, in: path)
            }
        }
        return .found(
            .init(
                cloneURL: repository.cloneURL, username: repository.username,
                token: try repository.token.map {
                    try handover.reseal(
                        .init(sealed: $0, binding: .kept(tokenOf: path, cloneURL: repository.cloneURL)),
                        for: .token(of: path, cloneURL: repository.cloneURL))
                }))
    }

    /// The registered repositories of a clone address's server, those that share the most of a path first. None where the
    /// address only ends in the path, as that of `evil/finance/pay` does in `finance/pay`: what is before the path has to be
    /// what it is before another one's of that server.
    func neighbours(
        of path: RepositoryPath, cloneURL: String, as principal: Principal
    ) async throws -> HookInquiryReply {
        try principal.require(.serveStages)
        let addresses = try await store.read { try $0.repositories.addresses() }
        let others = Self.near(path, cloneURL: cloneURL, addresses)
        return HookInquiryReply(
            isRegistered: addresses.contains { $0.path == path }, neighbours: Array(others.prefix(Self.nearest)))
    }

    /// As many are told of.
    static let nearest = 1_000

    private static func near(
        _ path: RepositoryPath, cloneURL: String, _ addresses: [(path: RepositoryPath, cloneURL: String)]
    ) -> [RepositoryPath] {
        // A hook says it, and it may be anything: what is no address is near nothing.
        guard let address = try? CloneURL(cloneURL), let base = address.base(of: path) else { return [] }
        let own = path.rawValue.split(separator: "/")
        let others = addresses.compactMap { other -> (path: RepositoryPath, url: CloneURL)? in
            // One that an earlier version registered and this one cannot read is of no server.
            guard other.path != path, let url = try? CloneURL(other.cloneURL), isServer(of: address, that: url) else {
                return nil
            }
            return (other.path, url)
        }
        guard
            base.isEmpty || others.contains(where: { $0.url.kind == address.kind && $0.url.base(of: $0.path) == base })
        else { return [] }
        return
            others
            .map { other in
                (other.path, shared: zip(own, other.path.rawValue.split(separator: "/")).prefix { $0 == $1 }.count)
            }
            .sorted { $0.shared > $1.shared }.map(\.0)
    }

    /// Whether a registered address is of the same host and port. The port of another protocol is another one: a server
    /// that is known by it alone has the usual port.
    private static func isServer(of address: CloneURL, that other: CloneURL) -> Bool {
        address.host == (address.kind == other.kind ? other.host : other.hostName)
    }

    /// Registers a repository, or changes it: what is not given stays as it is. Only its token goes where the address
    /// changes: it was given for the server, and the repository, of the address it came with.
    /// - Returns: whether it is new.
    func save(_ request: RepositoryRequest, as path: RepositoryPath, by principal: Principal) async throws -> Bool {
        try principal.require(.saveRepository, in: path)
        let address: CloneURL
        do {
            address = try CloneURL(request.cloneURL)
        } catch {
            throw OperationError.invalid(
                "malformed_clone_url", "\(error)",
                remedy: "give one such as https://gitlab.example/shop/web.git; the token goes in its own field")
        }
        if let forge = request.forge, Forge.named(forge) == nil {
            throw OperationError.invalid(
                "unknown_forge", "hooks of the forge “\(forge)” are not supported",
                remedy: "give one of \(Forge.all.map(\.name).joined(separator: ", "))")
        }
        let sealed = try request.token.map {
            try configuration.keys.seal($0, for: .kept(tokenOf: path, cloneURL: request.cloneURL))
        }
        return try await store.write(as: principal) { [hooks] transaction in
            let known = try transaction.repositories.find(path)
            if known?.cloneURL != request.cloneURL { try Self.check(address, by: principal) }
            let before = try known.map { try Self.view(of: $0, in: transaction, hooks) }
            let token = known.flatMap { $0.cloneURL == request.cloneURL ? $0.token : nil }
            try transaction.discovered.forget(path)
            try transaction.repositories.save(
                Repository(
                    path: path, cloneURL: request.cloneURL, forgeName: request.forge ?? known?.forgeName,
                    defaultBranch: request.defaultBranch ?? known?.defaultBranch ?? "main",
                    allowsFile: request.allowsFile ?? known?.allowsFile ?? true,
                    missedPushes: request.missedPushes ?? known?.missedPushes ?? .all,
                    username: request.username ?? known?.username,
                    token: sealed ?? token, createdAt: known?.createdAt ?? transaction.now))
            if let wanted = request.missedPushes, let known, wanted != known.missedPushes {
                // What was pushed meanwhile was not to run.
                try transaction.heads.forgetComparison(of: path)
                transaction.afterCommit { [comparisons] in comparisons.wake() }
            }
            let after = try Self.view(of: Self.find(path, in: transaction, as: principal), in: transaction, hooks)
            try transaction.audit(
                .saveRepository, by: principal, of: path.rawValue, in: path, before: before.map { try .audited($0) },
                after: .audited(after, given: sealed == nil ? [] : ["token"]))
            return known == nil
        }
    }

    /// What sync reaches by its own key, and folders of its machine, may be anybody's: an address of these says nothing
    /// of whose repository it is.
    private static func check(_ address: CloneURL, by principal: Principal) throws(OperationError) {
        guard address.kind != .http, principal.rights.platformRole.map({ $0 < .maintainer }) ?? true else { return }
        let means = address.kind == .ssh ? "the ssh key of sync" : "folders of sync's machine"
        throw OperationError(
            .forbidden, "shared_reach",
            "to register an address that is reached by \(means), which is everybody's, takes the role maintainer of "
                + "**, and “\(principal.name)” \(principal.rights.words)",
            remedy: "give an address such as https://gitlab.example/shop/web.git with a token of the repository, or "
                + "ask a maintainer of **")
    }

    /// Forgets a repository, its associations, schedules and secrets. Its runs stay.
    func remove(_ path: RepositoryPath, as principal: Principal) async throws {
        try principal.require(.removeRepository, in: path)
        try await store.write(as: principal) { [hooks] transaction in
            let known = try Self.view(of: Self.find(path, in: transaction, as: principal), in: transaction, hooks)
            try transaction.repositories.remove(path)
            try transaction.audit(
                .removeRepository, by: principal, of: path.rawValue, in: path, before: .audited(known))
        }
    }

    /// Says which components run for its events, in the order they are looked at.
    func associate(
        _ associations: [AssociationView], with path: RepositoryPath, as principal: Principal
    ) async throws {
        try principal.require(.associate, in: path)
        try await store.write(as: principal) { transaction in
            _ = try Self.find(path, in: transaction, as: principal)
            for association in associations {
                guard try transaction.components.find(association.component) != nil else {
                    throw OperationError(
                        .conflict, "unknown_component", "there is no component “\(association.component)”",
                        remedy: "save it first: slipway component put \(association.component) FILE")
                }
                if let problem = ProcessChoice.problem(with: association) {
                    throw OperationError.invalid("malformed_association", problem)
                }
            }
            let before = try transaction.repositories.associations(of: path)
            try transaction.repositories.setAssociations(associations, of: path, by: principal.caller)
            try transaction.audit(
                .associate, by: principal, of: path.rawValue, in: path, before: .audited(before),
                after: .audited(associations))
        }
    }

    /// - Parameter principal: who is told how to register it; from what they see.
    static func find(_ path: RepositoryPath, in tables: some Tables, as principal: Principal) throws -> Repository {
        guard let repository = try tables.repositories.find(path) else {
            let pushed = try tables.discovered.all().first {
                $0.path == path && principal.may(.seeDiscovered, in: path)
            }
            let visibility = principal.visibility(.seeRepositories)
            let command = try pushed?.command ?? likelyCommand(for: path, among: tables.repositories.all(visibility))
            throw OperationError.unknown(path, command: command)
        }
        return repository
    }

    /// The command that registers a repository which nothing is known of: its address is most likely made as that of
    /// another one of its group is. `nil` where the group has none.
    private static func likelyCommand(for path: RepositoryPath, among repositories: [Repository]) -> String? {
        let group = path.rawValue.prefix { $0 != "/" } + "/"
        for other in repositories where other.path.rawValue.hasPrefix(group) {
            for ending in ["", ".git"] where other.cloneURL.hasSuffix("/\(other.path)\(ending)") {
                let server = other.cloneURL.dropLast(other.path.rawValue.count + ending.count)
                return path.addCommand(cloneURL: "\(server)\(path)\(ending)", forge: other.forge.name)
            }
        }
        return nil
    }

    private static func view(
        of repository: Repository, in tables: some Tables, _ hooks: HookAddress
    ) throws -> RepositoryView {
        view(
            of: repository, try tables.repositories.associations(of: repository.path),
            try tables.retention.rules(of: repository.path), hooks)
    }

    private static func view(
        of repository: Repository, _ associations: [AssociationView], _ retention: RetentionRules?,
        _ hooks: HookAddress
    ) -> RepositoryView {
        RepositoryView(
            path: repository.path, cloneURL: repository.cloneURL, forge: repository.forge.name,
            defaultBranch: repository.defaultBranch, allowsFile: repository.allowsFile,
            missedPushes: repository.missedPushes, hasToken: repository.token != nil,
            hookURL: hooks.url(for: repository.forge),
            associations: associations, associatedBy: repository.associatedBy, retention: retention,
            createdAt: repository.createdAt)
    }
}

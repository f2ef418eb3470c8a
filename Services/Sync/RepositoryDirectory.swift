import Contracts
import Messaging

/// Asks the platform how a repository is fetched: it alone knows which there are, and their tokens.
struct RepositoryDirectory: Sendable {
    typealias Lookup = @Sendable (RepositoryLookup) async throws -> RepositoryLookupReply

    private let lookup: Lookup
    /// The ids of the keys that this service has.
    private let keys: [String]?

    init(bus: Bus, keys: [String]) {
        self.init(keys: keys) { try await bus.call($0) }
    }

    init(keys: [String]? = nil, lookup: @escaping Lookup) {
        self.keys = keys
        self.lookup = lookup
    }

    /// Tells the platform which keys this service has.
    func announceKeys() async throws {
        _ = try await lookup(RepositoryLookup(repository: RepositoryPath(rawValue: ""), keys: keys))
    }

    /// How to fetch it, or `nil` for a repository the platform does not know.
    func access(to repository: RepositoryPath) async throws -> RepositoryLookupReply.RepositoryAccess? {
        switch try await lookup(RepositoryLookup(repository: repository, keys: keys)) {
        case .found(let access): access
        case .unknown: nil
        }
    }
}

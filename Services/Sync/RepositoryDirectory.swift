import Contracts
import Messaging

/// Asks the platform how a repository is fetched: it alone knows which there are, and their tokens.
struct RepositoryDirectory: Sendable {
    typealias Lookup = @Sendable (RepositoryLookup) async throws -> RepositoryLookupReply

    private let lookup: Lookup

    init(bus: Bus) {
        self.init { try await bus.call($0) }
    }

    init(lookup: @escaping Lookup) {
        self.lookup = lookup
    }

    /// How to fetch it, or `nil` for a repository the platform does not know.
    func access(to repository: RepositoryPath) async throws -> RepositoryLookupReply.RepositoryAccess? {
        switch try await lookup(RepositoryLookup(repository: repository)) {
        case .found(let access): access
        case .unknown: nil
        }
    }
}

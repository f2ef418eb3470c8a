import AMQP
import Contracts
import Messaging

/// The platform does not answer, or does not know yet what it is asked: what needs the answer waits for it, however long that
/// takes.
struct PlatformAway: OutageError, CustomStringConvertible {
    let cause: any Error & CustomStringConvertible

    var isOutage: Bool { true }
    var description: String { "the platform does not answer: \(cause)" }
}

/// Asks the platform how a repository is fetched: it alone knows which there are, and their tokens.
struct RepositoryDirectory: Sendable {
    typealias Lookup = @Sendable (RepositoryLookup) async throws -> RepositoryLookupReply

    private let lookup: Lookup
    /// The ids of the keys that this service has.
    private let keys: [String]?

    init(bus: Bus, keys: [String]) {
        self.init(keys: keys) { request in
            do {
                return try await bus.call(request)
            } catch let error as AMQPError {
                throw PlatformAway(cause: error)
            } catch let problem as Problem where problem.isOfOlderPeer {
                throw PlatformAway(cause: problem)
            } catch let error as MessagingError where error.code == .malformedReply {
                throw PlatformAway(cause: error)
            }
        }
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

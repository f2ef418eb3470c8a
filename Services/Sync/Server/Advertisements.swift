import Git
import Synchronization

/// What a mirror says to a client that comes. In the second version of the protocol that is what Git can do, and nothing
/// of the repository but its object format: it is asked for once.
final class Advertisements: Sendable {
    private let known = Mutex<[String: [UInt8]]>([:])

    func of(
        _ repository: String, protocolVersion: String?, _ program: GitProgram
    ) async throws(GitError) -> [UInt8] {
        guard protocolVersion == "version=2" else {
            return try await program.advertisement(of: repository, protocolVersion: protocolVersion)
        }
        if let answer = known.withLock({ $0[repository] }) { return answer }
        let answer = try await program.advertisement(of: repository, protocolVersion: protocolVersion)
        known.withLock { $0[repository] = answer }
        return answer
    }
}

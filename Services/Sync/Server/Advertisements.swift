import Git
import Glibc
import Synchronization

/// What a mirror says to a client that comes. In the second version of the protocol that is what Git can do, and nothing
/// of the repository but its object format: it is asked for once, as long as the mirror's configuration is the same.
final class Advertisements: Sendable {
    private struct Answer {
        /// When the configuration was last changed, in nanoseconds since 1970.
        var configured: Int64
        var bytes: [UInt8]
    }
    private let known = Mutex<[String: Answer]>([:])

    func of(
        _ repository: String, protocolVersion: String?, _ program: GitProgram
    ) async throws(GitError) -> [UInt8] {
        guard protocolVersion == "version=2" else {
            return try await program.advertisement(of: repository, protocolVersion: protocolVersion)
        }
        var status = stat()
        // A mirror that is gone in this moment is asked, and says so.
        let isThere = stat(repository + "/config", &status) == 0
        let configured = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
        if isThere, let answer = known.withLock({ $0[repository] }), answer.configured == configured {
            return answer.bytes
        }
        let bytes = try await program.advertisement(of: repository, protocolVersion: protocolVersion)
        known.withLock { $0[repository] = Answer(configured: configured, bytes: bytes) }
        return bytes
    }
}

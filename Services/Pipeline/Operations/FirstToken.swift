import Contracts
import Glibc
import Logging

/// The token people sign in with: made at the first start, kept as a hash, and written once to a file that only the
/// service's user can read.
enum FirstToken {
    /// What it is called among the tokens.
    static let name = "first"
    /// The file in the service's data folder.
    static let file = "token"

    /// Makes the token where there is none.
    /// - Parameter file: where it is written to.
    static func prepare(in store: PipelineStore, file: String, logger: Logger) async throws {
        guard try await !store.read({ try $0.access.hasToken() }) else { return }
        let token = AccessStore.random(prefix: "slp_")
        // The file first: a token that is known but written nowhere would lock everyone out.
        try write(token, to: file)
        try await store.write { transaction in
            try transaction.access.addToken(token, name: name, now: transaction.now)
        }
        logger.notice("made the token to sign in with", metadata: ["path": "\(file)"])
    }

    static func write(_ token: String, to path: String) throws(FileError) {
        let partial = path + ".new"
        unlink(partial)
        let descriptor = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileError(path: partial, doing: "open") }
        defer { close(descriptor) }
        let bytes = Array("\(token)\n".utf8)
        let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        guard count == bytes.count, fsync(descriptor) == 0 else { throw FileError(path: partial, doing: "write") }
        guard rename(partial, path) == 0 else { throw FileError(path: path, doing: "rename") }
    }
}

import Contracts
import DockerEngine
import FoundationEssentials
import Glibc
import Logging
import SystemPackage

/// Where ``ImageDigests`` are kept, for a builder that is started while a registry is away. What cannot be read or written
/// is logged, and costs no more than that registries have to be asked.
struct ImageDigestsFile {
    struct Contents: Codable {
        /// Of the hashes of logins.
        var salt: Data
        /// Those told first are the first.
        var entries: [Entry]
    }

    struct Entry: Codable {
        var image: String
        var digest: String
        /// A hash, empty where there was none.
        var login: Data
    }

    let path: FilePath
    let logger: Logger

    /// What is kept, or `nil` where there is nothing, or nothing that can be read.
    func read() -> Contents? {
        guard access(path.string, F_OK) == 0 else { return nil }
        do {
            return try Wire.decode(from: Data(contentsOf: URL(filePath: path.string)))
        } catch {
            warn("could not be read and is begun anew", error)
            return nil
        }
    }

    /// Replaces what is kept, as a whole.
    func write(_ contents: Contents) {
        let new = FilePath(path.string + ".new")
        do {
            let json = try Wire.encode(contents)
            let file = try FileDescriptor.open(
                new, .writeOnly, options: [.create, .truncate, .closeOnExec], permissions: .ownerReadWrite)
            try file.closeAfter { _ = try file.writeAll(json) }
            guard rename(new.string, path.string) == 0 else { throw Errno(rawValue: errno) }
        } catch {
            warn("could not be written", error)
        }
    }

    /// Says which of the entries is left out.
    func warn(of entry: Entry, _ error: DockerError) {
        logger.warning(
            "the file \(path) says of “\(entry.image)” that it was “\(entry.digest)”, which is left out: its registry is asked anew",
            metadata: ["error": "\(error)"])
    }

    private func warn(_ what: String, _ error: any Error) {
        logger.warning(
            "the file \(path) of what images stood for \(what): where a registry is away, its images are not used from before",
            metadata: ["error": "\(error)"])
    }
}

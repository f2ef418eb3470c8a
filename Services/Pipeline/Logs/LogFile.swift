import Contracts
import Glibc

/// The file of one stream, open for writing. Bytes before ``size`` are there for good; a chunk is taken where it
/// continues them, which makes a repeat harmless and a gap visible.
struct LogFile: ~Copyable {
    enum Outcome: Sendable, Equatable {
        /// Written, at least in part: the rest was there.
        case appended
        /// All of it was there already.
        case repeated
        /// Bytes before it are missing.
        case gap
    }

    private let descriptor: Int32
    private let path: String
    private(set) var size: Int64

    /// Opens the file, or makes it. Its directory must exist.
    init(path: String) throws(FileError) {
        let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard opened >= 0 else { throw FileError(path: path, doing: "open") }
        let end = lseek(opened, 0, SEEK_END)
        guard end >= 0 else {
            let error = FileError(path: path, doing: "inspect")
            close(opened)
            throw error
        }
        descriptor = opened
        self.path = path
        size = Int64(end)
    }

    deinit { close(descriptor) }

    /// Writes what of the bytes continues the file.
    mutating func append(_ bytes: [UInt8], at offset: Int64) throws(FileError) -> Outcome {
        guard offset <= size else { return .gap }
        let known = Int(size - offset)
        guard known < bytes.count else { return .repeated }
        var written = known
        while written < bytes.count {
            let start = written
            let place = offset + Int64(written)
            let count = bytes.withUnsafeBytes { buffer in
                pwrite(descriptor, buffer.baseAddress?.advanced(by: start), buffer.count - start, off_t(place))
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw FileError(path: path, doing: "write")
            }
            written += count
            size = offset + Int64(written)
        }
        return .appended
    }

    /// Returns once what was written is on the disk.
    func synchronize() throws(FileError) {
        while fdatasync(descriptor) != 0 {
            if errno != EINTR { throw FileError(path: path, doing: "sync") }
        }
    }
}

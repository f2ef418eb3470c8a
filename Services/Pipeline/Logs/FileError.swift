import Glibc
import Messaging

/// A file that cannot be written or read.
struct FileError: Error, Sendable, Equatable, CustomStringConvertible {
    var path: String
    var doing: String
    var code: Int32

    /// - Parameter code: the system's error number.
    init(path: String, doing: String, code: Int32 = errno) {
        self.path = path
        self.doing = doing
        self.code = code
    }

    var description: String {
        let words = strerror(code).map { String(cString: $0) } ?? "error \(code)"
        return "\(path): \(doing) failed: \(words)"
    }
}

extension FileError: OutageError {
    /// Whether the disk is full or has failed, or the process is out of descriptors.
    var isOutage: Bool { [ENOSPC, EDQUOT, EIO, EROFS, EMFILE, ENFILE].contains(code) }
}

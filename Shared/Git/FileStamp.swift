import Glibc
import SystemPackage

/// What tells whether a file is the one it was: its size, its inode and when it was last changed in any way. That last
/// time is the kernel's, and is set by nobody.
struct FileStamp: Codable, Equatable {
    /// Bytes.
    var size: Int64
    var inode: UInt64
    /// Nanoseconds since 1970.
    var changed: Int64

    /// - Throws: an `Errno`; `notSupported` for what is no regular file.
    init(of file: FileDescriptor) throws(Errno) {
        var status = stat()
        guard fstat(file.rawValue, &status) == 0 else { throw Errno(rawValue: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw Errno.notSupported }
        size = Int64(status.st_size)
        inode = UInt64(status.st_ino)
        changed = Int64(status.st_ctim.tv_sec) * 1_000_000_000 + Int64(status.st_ctim.tv_nsec)
    }

    init(of path: FilePath) throws {
        let file = try FileDescriptor.open(path, .readOnly, options: [.noFollow, .closeOnExec, .nonBlocking])
        self = try file.closeAfter { try FileStamp(of: file) }
    }
}

import Glibc
import SystemPackage

extension LogBacklog {
    /// Takes the name off an open file.
    static func unlink(_ path: FilePath) throws(Errno) {
        guard path.withPlatformString({ Glibc.unlink($0) }) == 0 else { throw Errno(rawValue: errno) }
    }
}

import Glibc

/// Files that only the service's user can read.
enum PrivateFile {
    /// Puts a line in the place of what is there, all of it or nothing.
    static func replace(_ path: String, with line: String) throws(FileError) {
        let partial = path + ".new"
        unlink(partial)
        let descriptor = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileError(path: partial, doing: "open") }
        defer { close(descriptor) }
        let bytes = Array("\(line)\n".utf8)
        let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        guard count == bytes.count, fsync(descriptor) == 0 else { throw FileError(path: partial, doing: "write") }
        guard rename(partial, path) == 0 else { throw FileError(path: path, doing: "rename") }
    }
}

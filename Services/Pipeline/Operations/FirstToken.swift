import Glibc

/// Where the token is that the first start makes: a file in the service's data folder.
struct FirstToken: Sendable {
    /// What it is called among the tokens.
    static let name = "first"

    let path: String

    init(in data: String) { path = "\(data)/token" }

    func write(_ token: String) throws(FileError) { try PrivateFile.replace(path, with: token) }

    func remove() { unlink(path) }
}

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

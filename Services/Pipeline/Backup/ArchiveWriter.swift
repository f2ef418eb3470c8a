import Crypto
import FoundationEssentials
import Glibc
import Text

/// Writes an archive under another name beside the one it will have, which it gets once all of it is on the disk.
final class ArchiveWriter {
    /// Bytes read and written at a time.
    static let piece = 1 << 20

    /// The name until it is whole.
    let partial: String
    private let path: String
    /// Room that has to stay on its disk, in bytes: others use it as well.
    private let floor: Int64
    private let descriptor: Int32
    private var hash = SHA256()
    private(set) var bytes: Int64 = 0
    private var isOver = false

    static func partial(of path: String) -> String { path + ".partial" }

    /// - Throws: ``BackupError`` where there is something already, or another process writes it; ``FileError``.
    init(path: String, floor: Int64) throws {
        guard access(path, F_OK) != 0 else { throw BackupError("\(path) is there already; give another name") }
        let partial = Self.partial(of: path)
        let opened = open(partial, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard opened >= 0 else { throw FileError(path: partial, doing: "open") }
        guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
            close(opened)
            throw BackupError("another process writes \(partial); wait for it, or give another name")
        }
        // What is left of one that was killed goes.
        guard ftruncate(opened, 0) == 0, fchmod(opened, 0o600) == 0 else {
            let error = FileError(path: partial, doing: "empty")
            close(opened)
            throw error
        }
        self.path = path
        self.floor = floor
        self.partial = partial
        descriptor = opened
    }

    deinit {
        if !isOver { unlink(partial) }
        close(descriptor)
    }

    func add(_ name: String, _ content: [UInt8]) throws {
        try begin(name, Int64(content.count))
        try write(content)
        try end(Int64(content.count))
    }

    /// Adds a file as long as it is now; what it grows by meanwhile is left out.
    /// - Returns: `false` where there is none any more.
    func add(_ name: String, file: String) throws -> Bool {
        let source = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        if source < 0, errno == ENOENT { return false }
        guard source >= 0 else { throw FileError(path: file, doing: "open") }
        defer { close(source) }
        var status = stat()
        guard fstat(source, &status) == 0 else { throw FileError(path: file, doing: "inspect") }
        let size = Int64(status.st_size)
        try begin(name, size)
        var left = size
        var buffer = [UInt8](repeating: 0, count: Int(min(size, Int64(Self.piece))))
        let clock = ContinuousClock()
        while left > 0 {
            let start = clock.now
            let wanted = Int(min(left, Int64(buffer.count)))
            let count = read(source, &buffer, wanted)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw FileError(path: file, doing: "read", code: count == 0 ? EIO : errno) }
            try write(buffer[..<count])
            left -= Int64(count)
            // Others have the disk for half of the time.
            if left > 0 { usleep(UInt32(min((clock.now - start) / .seconds(1), 1) * 1_000_000)) }
        }
        try end(size)
        return true
    }

    /// What was written so far: its digest.
    var digest: String { Hex.encode(hash.finalize()) }

    /// Ends the archive: it is on the disk, and has its name.
    func finish() throws {
        try write([UInt8](repeating: 0, count: 2 * TarHeader.length))
        guard fsync(descriptor) == 0 else { throw FileError(path: partial, doing: "sync") }
        guard access(path, F_OK) != 0 else { throw BackupError("\(path) has come meanwhile; give another name") }
        guard rename(partial, path) == 0 else { throw FileError(path: path, doing: "rename") }
        isOver = true
        try Self.synchronize(folder(of: path))
    }

    private func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    }

    /// Has what was named in a folder be there after a power cut.
    static func synchronize(_ folder: String) throws(FileError) {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(path: folder, doing: "open") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FileError(path: folder, doing: "sync") }
    }

    private func begin(_ name: String, _ size: Int64) throws {
        guard name.utf8.count <= 100 else { throw BackupError("the name \(name) is too long for an archive") }
        try requireRoom(for: size)
        try write(TarHeader(name: name, size: size).block)
    }

    private func end(_ size: Int64) throws {
        try write([UInt8](repeating: 0, count: TarHeader.padding(after: size)))
    }

    /// - Throws: ``FileError`` `ENOSPC` where so many bytes would leave too little.
    func requireRoom(for size: Int64) throws {
        var status = statvfs()
        guard floor > 0, fstatvfs(descriptor, &status) == 0 else { return }
        let free = Int64(clamping: UInt64(status.f_bavail) * UInt64(status.f_frsize))
        guard free - size > floor else { throw FileError(path: partial, doing: "write", code: ENOSPC) }
    }

    private func write(_ content: some Collection<UInt8>) throws {
        let content = Array(content)
        var written = 0
        while written < content.count {
            let count = content[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw FileError(path: partial, doing: "write") }
            written += count
        }
        hash.update(data: content)
        bytes += Int64(content.count)
    }
}

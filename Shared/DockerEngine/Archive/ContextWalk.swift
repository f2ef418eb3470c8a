import Glibc
import Threading

/// Walks a context's folder on its own thread, since reading a disk blocks.
actor ContextWalk {
    private nonisolated let thread = PinnedThread(name: "tar")
    private let folder: String
    private let rules: IgnoreRules
    private let added: [ContextArchive.File]
    private var open: [Folder] = []
    private var file: OpenFile?
    private var started = false
    private var ended = false

    private static let pieceBytes = 256 * 1024

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// A folder being read: its descriptor and the names still to come, from the last.
    private struct Folder {
        let path: [UInt8]
        let descriptor: Int32
        var names: [[UInt8]]
        /// Which rules matched it; `nil` at the top.
        let matches: IgnoreRules.Matches?
    }

    private struct OpenFile {
        let path: [UInt8]
        let descriptor: Int32
        let size: Int64
        var left: Int64
    }

    init(folder: String, rules: IgnoreRules, added: [ContextArchive.File]) {
        self.folder = folder
        self.rules = rules
        self.added = added
    }

    deinit {
        for folder in open { close(folder.descriptor) }
        if let file { close(file.descriptor) }
    }

    /// The next piece of the archive; `nil` at its end.
    func next() throws(DockerError) -> [UInt8]? {
        if ended { return nil }
        if !started {
            started = true
            let descriptor = Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard descriptor >= 0 else { throw Self.failure("the folder cannot be opened", Array(folder.utf8)) }
            try enter([], descriptor, nil)
        }
        var piece: [UInt8] = []
        while piece.count < Self.pieceBytes {
            if file != nil {
                try readFile(&piece)
            } else if open.isEmpty {
                ended = true
                for file in added {
                    let length = Int64(file.bytes.count)
                    let entry = TarEntry(
                        path: Array(file.name.utf8), kind: .file(length), mode: 0o644, modifiedAt: 0)
                    piece += entry.header + file.bytes + [UInt8](repeating: 0, count: TarEntry.padding(length))
                }
                return piece + TarEntry.end
            } else if let name = open[open.count - 1].names.popLast() {
                try visit(name, of: open[open.count - 1], &piece)
            } else {
                close(open.removeLast().descriptor)
            }
        }
        return piece
    }

    private func enter(
        _ path: [UInt8], _ descriptor: Int32, _ matches: IgnoreRules.Matches?
    ) throws(DockerError) {
        // The stream takes its own descriptor and closes that.
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0, let stream = fdopendir(copy) else {
            if copy >= 0 { close(copy) }
            close(descriptor)
            throw Self.failure("the folder cannot be read", path)
        }
        defer { closedir(stream) }
        var names: [[UInt8]] = []
        while let entry = readdir(stream) {
            // A name is bytes in whatever encoding, and goes into the archive as it is.
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if name != Array(".".utf8), name != Array("..".utf8) { names.append(name) }
        }
        // In order, so that the same folder always makes the same archive.
        names.sort { $1.lexicographicallyPrecedes($0) }
        open.append(Folder(path: path, descriptor: descriptor, names: names, matches: matches))
    }

    private func visit(_ name: [UInt8], of folder: Folder, _ piece: inout [UInt8]) throws(DockerError) {
        let path = folder.path.isEmpty ? name : folder.path + [UInt8(ascii: "/")] + name
        let (ignored, matches) = try rules.verdict(path, in: folder.matches)
        let terminated = (name + [0]).map { CChar(bitPattern: $0) }
        var status = stat()
        guard fstatat(folder.descriptor, terminated, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            // It went away since its folder was read.
            if errno == ENOENT { return }
            throw Self.failure("cannot be looked at", path)
        }
        var entry = TarEntry(
            path: path, kind: .folder, mode: status.st_mode & 0o7777, modifiedAt: Int64(status.st_mtim.tv_sec))
        switch status.st_mode & S_IFMT {
        case S_IFDIR:
            if ignored, !rules.mayTakeBack(below: path) { return }
            if !ignored { piece += entry.header }
            let descriptor = openat(folder.descriptor, terminated, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard descriptor >= 0 else { throw Self.failure("the folder cannot be opened", path) }
            try enter(path, descriptor, matches)
        case S_IFREG where !ignored:
            // What has become a pipe since would be waited for until somebody writes to it.
            let descriptor = openat(folder.descriptor, terminated, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
            guard descriptor >= 0, fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
                if descriptor >= 0 { close(descriptor) }
                throw Self.failure("the file cannot be opened", path)
            }
            let size = Int64(status.st_size)
            entry.kind = .file(size)
            piece += entry.header
            file = OpenFile(path: path, descriptor: descriptor, size: size, left: size)
        case S_IFLNK where !ignored:
            var target = [UInt8](repeating: 0, count: 4096)
            let length = readlinkat(folder.descriptor, terminated, &target, target.count)
            guard length >= 0 else { throw Self.failure("the link cannot be read", path) }
            entry.kind = .link(Array(target.prefix(length)))
            piece += entry.header
        case S_IFIFO where !ignored:
            entry.kind = .pipe
            piece += entry.header
        default:
            // Sockets and devices have no place in an image's context.
            break
        }
    }

    private func readFile(_ piece: inout [UInt8]) throws(DockerError) {
        guard var current = file else { return }
        if current.left == 0 {
            piece += [UInt8](repeating: 0, count: TarEntry.padding(current.size))
            close(current.descriptor)
            file = nil
            return
        }
        let wanted = min(Int(min(current.left, Int64(Self.pieceBytes))), max(1, Self.pieceBytes - piece.count))
        var bytes = [UInt8](repeating: 0, count: wanted)
        let count = read(current.descriptor, &bytes, wanted)
        // The header has told the size already.
        guard count > 0 else { throw Self.failure("the file became shorter while it was read", current.path) }
        piece += bytes.prefix(count)
        current.left -= Int64(count)
        file = current
    }

    private static func failure(_ what: String, _ path: [UInt8]) -> DockerError {
        let words = errno == 0 ? "" : " (\(String(cString: strerror(errno))))"
        return DockerError(.context, "the build context's “\(String(decoding: path, as: UTF8.self))”: \(what)\(words)")
    }
}

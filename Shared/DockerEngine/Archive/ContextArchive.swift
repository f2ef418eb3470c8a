import Glibc
import Threading

/// A folder as a tar archive, made as it is read, so that a context of any size takes no memory.
///
/// Symbolic links go in as links. Every file is opened from its folder's descriptor without following links, so that no
/// link, not even one put there meanwhile, leads out of the context.
struct ContextArchive: AsyncSequence, Sendable {
    typealias Element = [UInt8]
    typealias Failure = any Error

    let folder: String
    let rules: IgnoreRules
    /// Paths that go in whatever the rules say: the Dockerfile and the rules themselves.
    let always: Set<String>

    func makeAsyncIterator() -> Iterator {
        Iterator(walk: ContextWalk(folder: folder, rules: rules, always: always))
    }

    struct Iterator: AsyncIteratorProtocol {
        let walk: ContextWalk

        mutating func next() async throws -> [UInt8]? { try await walk.next() }
    }
}

/// Walks a context's folder on a thread of its own, since reading a disk blocks.
actor ContextWalk {
    private nonisolated let thread = PinnedThread(name: "tar")
    private let folder: String
    private let rules: IgnoreRules
    private let always: Set<String>
    private var open: [Folder] = []
    private var file: OpenFile?
    private var started = false
    private var ended = false

    private static let pieceBytes = 256 * 1024

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// A folder being read: its descriptor and the names still to come, from the last.
    private struct Folder {
        let path: String
        let descriptor: Int32
        var names: [String]
    }

    private struct OpenFile {
        let path: String
        let descriptor: Int32
        let size: Int64
        var left: Int64
    }

    init(folder: String, rules: IgnoreRules, always: Set<String>) {
        self.folder = folder
        self.rules = rules
        self.always = always
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
            guard descriptor >= 0 else { throw Self.failure("the folder cannot be opened", folder) }
            try enter("", descriptor)
        }
        var piece: [UInt8] = []
        while piece.count < Self.pieceBytes {
            if file != nil {
                try readFile(&piece)
            } else if open.isEmpty {
                ended = true
                return piece + TarEntry.end
            } else if let name = open[open.count - 1].names.popLast() {
                try visit(name, of: open[open.count - 1], &piece)
            } else {
                close(open.removeLast().descriptor)
            }
        }
        return piece
    }

    private func enter(_ path: String, _ descriptor: Int32) throws(DockerError) {
        // The stream takes a descriptor of its own and closes that.
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0, let stream = fdopendir(copy) else {
            if copy >= 0 { close(copy) }
            close(descriptor)
            throw Self.failure("the folder cannot be read", path)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        // In order, so that the same folder always makes the same archive.
        names.sort(by: >)
        open.append(Folder(path: path, descriptor: descriptor, names: names))
    }

    private func visit(_ name: String, of folder: Folder, _ piece: inout [UInt8]) throws(DockerError) {
        let path = folder.path.isEmpty ? name : "\(folder.path)/\(name)"
        let ignored = rules.ignores(path) && !always.contains(path)
        let leadsToAlways = always.contains { $0.hasPrefix(path + "/") }
        if ignored, rules.prunes, !leadsToAlways { return }
        var status = stat()
        guard fstatat(folder.descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            throw Self.failure("cannot be looked at", path)
        }
        var entry = TarEntry(
            path: path, kind: .folder, mode: status.st_mode & 0o7777, modifiedAt: Int64(status.st_mtim.tv_sec))
        switch status.st_mode & S_IFMT {
        case S_IFDIR:
            if !ignored { piece += entry.header }
            let descriptor = openat(folder.descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard descriptor >= 0 else { throw Self.failure("the folder cannot be opened", path) }
            try enter(path, descriptor)
        case S_IFREG where !ignored:
            let descriptor = openat(folder.descriptor, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
            guard descriptor >= 0, fstat(descriptor, &status) == 0 else {
                throw Self.failure("the file cannot be opened", path)
            }
            let size = Int64(status.st_size)
            entry.kind = .file(size)
            piece += entry.header
            file = OpenFile(path: path, descriptor: descriptor, size: size, left: size)
        case S_IFLNK where !ignored:
            var target = [UInt8](repeating: 0, count: 4096)
            let length = readlinkat(folder.descriptor, name, &target, target.count)
            guard length >= 0 else { throw Self.failure("the link cannot be read", path) }
            entry.kind = .link(String(decoding: target.prefix(length), as: UTF8.self))
            piece += entry.header
        default:
            // Sockets, pipes and devices have no place in an image's context.
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

    private static func failure(_ what: String, _ path: String) -> DockerError {
        let words = errno == 0 ? "" : " (\(String(cString: strerror(errno))))"
        return DockerError(.context, "the build context's “\(path)”: \(what)\(words)")
    }
}

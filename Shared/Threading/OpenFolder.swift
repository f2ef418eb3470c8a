import CLinux
import Glibc

/// A directory that is open, for what is beneath it: no path and no link leads out, however the tree changes meanwhile.
/// Links within it are followed; those that begin with `/` lead out.
public final class OpenFolder: Sendable {
    /// Good for paths below it, not for reading.
    public let descriptor: Int32

    /// - Parameter path: of the directory itself, which is trusted.
    /// - Throws: ``OpenFolderError``
    public convenience init(_ path: String) throws(OpenFolderError) {
        let descriptor = Glibc.open(path, Self.onlyPath | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw OpenFolderError(path: path, code: errno) }
        self.init(taking: descriptor)
    }

    private init(taking descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// What names it to this process, as long as it is open.
    public var path: String { "/proc/self/fd/\(descriptor)" }

    /// Opens what is beneath.
    /// - Parameter flags: as of `open(2)`; nothing is made.
    /// - Returns: a descriptor, which is the caller's.
    /// - Throws: ``OpenFolderError``
    public func open(_ path: String, _ flags: Int32) throws(OpenFolderError) -> Int32 {
        let path = path.isEmpty ? "." : path
        for _ in 0..<Self.tries {
            let found = clinux_open_beneath(descriptor, path, flags | O_CLOEXEC)
            if found >= 0 { return found }
            switch errno {
            // Something was moved meanwhile, so that a “..” is not to be trusted.
            case EAGAIN, EINTR: continue
            case ENOSYS, EPERM: return try walk(path, flags)
            case let code: throw OpenFolderError(path: path, code: code)
            }
        }
        throw OpenFolderError(path: path, code: EAGAIN)
    }

    /// Opens a directory beneath.
    /// - Parameter followsLinks: Whether it may be a link itself.
    /// - Throws: ``OpenFolderError``
    public func folder(_ path: String, followsLinks: Bool = true) throws(OpenFolderError) -> OpenFolder {
        OpenFolder(taking: try open(path, Self.onlyPath | O_DIRECTORY | (followsLinks ? 0 : O_NOFOLLOW)))
    }

    /// Whether there is something beneath, of whatever kind.
    public func has(_ path: String) -> Bool {
        do {
            close(try open(path, Self.onlyPath))
            return true
        } catch {
            return false
        }
    }

    /// `O_PATH`, which Glibc's module map leaves out.
    private static let onlyPath: Int32 = 0o1000_0000
    private static let tries = 32
    private static let mostLinks = 40

    /// The same name by name, where the kernel does not do it. What is open cannot be swapped for something else.
    func walk(_ path: String, _ flags: Int32) throws(OpenFolderError) -> Int32 {
        var open: [Int32] = []
        defer { for descriptor in open { close(descriptor) } }
        func fail(_ code: Int32) -> OpenFolderError { OpenFolderError(path: path, code: code) }
        guard !path.hasPrefix("/") else { throw fail(EXDEV) }
        var names = Self.names(path)
        var links = 0
        while !names.isEmpty {
            let name = names.removeFirst()
            if name == "." { continue }
            if name == ".." {
                guard let last = open.popLast() else { throw fail(EXDEV) }
                close(last)
                continue
            }
            let found = openat(open.last ?? descriptor, name, Self.onlyPath | O_NOFOLLOW | O_CLOEXEC)
            guard found >= 0 else { throw fail(errno) }
            var status = stat()
            guard fstat(found, &status) == 0 else {
                close(found)
                throw fail(errno)
            }
            guard status.st_mode & S_IFMT == S_IFLNK else {
                open.append(found)
                continue
            }
            defer { close(found) }
            links += 1
            guard links <= Self.mostLinks, flags & O_NOFOLLOW == 0 || !names.isEmpty else { throw fail(ELOOP) }
            var target = [UInt8](repeating: 0, count: Int(PATH_MAX))
            let length = readlinkat(found, "", &target, target.count)
            guard length >= 0 else { throw fail(errno) }
            let text = String(decoding: target.prefix(length), as: UTF8.self)
            guard !text.hasPrefix("/") else { throw fail(EXDEV) }
            names = Self.names(text) + names
        }
        // By what is open already: nothing can be put in its place.
        let place = "/proc/self/fd/\(open.last ?? descriptor)"
        let found = Glibc.open(place, (flags & ~O_NOFOLLOW) | O_CLOEXEC)
        guard found >= 0 else { throw fail(errno) }
        return found
    }

    /// The names of a path; what ends with `/` is a directory.
    private static func names(_ path: String) -> [String] {
        path.split(separator: "/").map(String.init) + (path.hasSuffix("/") ? ["."] : [])
    }
}

/// Why something beneath a folder cannot be opened.
public struct OpenFolderError: Error, Sendable, CustomStringConvertible {
    public var path: String
    /// An `errno`.
    public var code: Int32

    /// Whether a path or a link leads out of the folder.
    public var leadsOut: Bool { code == EXDEV || code == ELOOP }
    public var isMissing: Bool { code == ENOENT || code == ENOTDIR }

    public var description: String {
        leadsOut
            ? "“\(path)” leads out of the folder" : "“\(path)” cannot be opened: \(String(cString: strerror(code)))"
    }
}

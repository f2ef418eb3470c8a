import Glibc
public import SystemPackage
import Threading

/// Directory trees whose content is not to be trusted.
public enum FileTree {
    /// Makes a directory that only this user may look into, with those above it.
    /// - Throws: why it cannot be made.
    public static func make(_ path: FilePath) throws(Errno) {
        if path.withPlatformString({ mkdir($0, 0o700) }) == 0 { return }
        switch errno {
        case EEXIST: return
        case ENOENT:
            var parent = path
            guard parent.removeLastComponent(), !parent.isEmpty else { throw Errno.noSuchFileOrDirectory }
            try make(parent)
            if path.withPlatformString({ mkdir($0, 0o700) }) != 0, errno != EEXIST { throw Errno(rawValue: errno) }
        case let code: throw Errno(rawValue: code)
        }
    }

    /// How many directories below each other are held open. What a job makes may be deeper than there are descriptors, or
    /// room on a thread's stack.
    private static let depth = 64

    /// Removes a file or a directory and all that is in it, never following a link. That nothing is there is no error.
    /// - Parameter end: when it is given up; `nil` is never.
    /// - Throws: why it, or the first of what is in it, cannot be removed; `timedOut`.
    public static func remove(_ path: FilePath, until end: ContinuousClock.Instant? = nil) throws(Errno) {
        var removal = Removal(end: end)
        try removal.remove(Array(path.string.utf8CString), in: AT_FDCWD, depth: 0)
    }

    /// Does the same on its own thread: nobody else waits for a tree that a job made as large as it liked.
    /// - Parameter time: after which it is given up.
    /// - Throws: `Errno`, as ``remove(_:until:)``.
    public static func remove(_ path: FilePath, within time: Duration) async throws(Errno) {
        let end = ContinuousClock.now.advanced(by: time)
        try await OwnThread.run("remove") { () throws(Errno) in try remove(path, until: end) }
    }

    /// The removal of one tree. What is too deep is moved to its top, and removed from there.
    private struct Removal {
        let end: ContinuousClock.Instant?
        private var top: Int32 = -1
        private var moved = 0

        init(end: ContinuousClock.Instant?) { self.end = end }

        mutating func remove(_ name: [CChar], in directory: Int32, depth: Int) throws(Errno) {
            if let end, .now >= end { throw .timedOut }
            if unlinkat(directory, name, 0) == 0 || errno == ENOENT { return }
            // Linux says EISDIR, POSIX EPERM.
            guard errno == EISDIR || errno == EPERM else { throw Errno(rawValue: errno) }
            if depth > FileTree.depth { return try move(name, of: directory) }
            var descriptor = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            if descriptor < 0, errno == EACCES {
                // A directory that nobody may read: its owner may change that.
                fchmodat(directory, name, 0o700, 0)
                descriptor = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            }
            guard descriptor >= 0, let entries = fdopendir(descriptor) else {
                if errno == ENOENT { return }
                // A file it was then, and EPERM the answer: whose folder is sticky, or another's.
                throw Errno(rawValue: errno == ENOTDIR ? EPERM : errno)
            }
            defer { closedir(entries) }
            if depth == 0 { top = descriptor }
            // Without the write bit it would keep its entries.
            fchmod(descriptor, 0o700)
            while true {
                let before = moved
                while let child = FileTree.nextName(in: entries) { try remove(child, in: descriptor, depth: depth + 1) }
                if unlinkat(directory, name, AT_REMOVEDIR) == 0 || errno == ENOENT { return }
                guard errno == ENOTEMPTY, depth == 0, moved > before else { throw Errno(rawValue: errno) }
                rewinddir(entries)
            }
        }

        private mutating func move(_ name: [CChar], of directory: Int32) throws(Errno) {
            moved += 1
            let place = "slipway-removed-\(moved)-\(UInt64.random(in: .min ... .max))"
            if renameat(directory, name, top, place) == 0 || errno == ENOENT { return }
            guard errno == EACCES else { throw Errno(rawValue: errno) }
            // Its way up is written into it.
            fchmodat(directory, name, 0o700, 0)
            guard renameat(directory, name, top, place) == 0 else { throw Errno(rawValue: errno) }
        }
    }

    /// The folders of a tree that belong to other users, as far as this one may look, but for the deepest.
    /// - Returns: paths below the tree's.
    public static func foreignFolders(_ path: FilePath) -> [[UInt8]] {
        var found: [[UInt8]] = []
        let descriptor = path.withPlatformString { Glibc.open($0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
        guard descriptor >= 0 else { return [] }
        walk(below: descriptor) { _, _, status, path in
            guard status.st_mode & S_IFMT == S_IFDIR else { return false }
            if status.st_uid != geteuid() { found.append(path) }
            return true
        }
        return found
    }

    /// Lets every user do with a tree what its owners may, as far as others may read it: what is its owner's alone, and all
    /// below it, stays as it is, and so does what is deeper than source gets. Links are never followed, however the tree
    /// changes meanwhile.
    /// - Returns: what could not be opened, since it belongs to other users: paths below the tree's.
    public static func open(_ path: FilePath) -> [[UInt8]] {
        var closed: [[UInt8]] = []
        let descriptor = path.withPlatformString { Glibc.open($0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
        guard descriptor >= 0 else { return [] }
        var status = stat()
        if fstat(descriptor, &status) == 0, let wanted = opened(status.st_mode), wanted != status.st_mode & 0o7777,
            fchmod(descriptor, wanted) != 0
        {
            closed.append([])
        }
        walk(below: descriptor) { directory, name, status, path in
            guard let wanted = opened(status.st_mode) else { return false }
            if wanted != status.st_mode & 0o7777, fchmodat(directory, name, wanted, AT_SYMLINK_NOFOLLOW) != 0,
                errno == EPERM
            {
                closed.append(path)
            }
            return true
        }
        return closed
    }

    /// Lets others pass through a directory, whose names they must know: what they may look at in it is up to each of them.
    /// - Throws: `Errno`
    public static func makeTraversable(_ path: FilePath) throws(Errno) {
        guard path.withPlatformString({ chmod($0, 0o711) }) == 0 else { throw Errno(rawValue: errno) }
    }

    /// Gives a tree, as far as it is this process's own user's, to another. Links are never followed, however the tree
    /// changes meanwhile, and a file that has another name, perhaps elsewhere, is not given.
    /// - Throws: `Errno` where the tree itself cannot be given.
    public static func give(_ path: FilePath, to user: ProcessUser) throws(Errno) {
        walk(below: try openToGive(path, to: user)) { directory, name, status, _ in
            give(name, status, in: directory, to: user)
        }
    }

    /// Does the same with a tree that may be large, so that other work goes on between.
    /// - Throws: `Errno` where the tree itself cannot be given.
    public static func giveInPieces(_ path: FilePath, to user: ProcessUser) async throws(Errno) {
        let descriptor = try openToGive(path, to: user)
        guard let top = fdopendir(descriptor) else {
            close(descriptor)
            return
        }
        // Directories that are being read, each in the one before it.
        var stack = [top]
        var count = 0
        while let directory = stack.last {
            guard let name = nextName(in: directory) else {
                closedir(directory)
                stack.removeLast()
                continue
            }
            count += 1
            if count % TreeUsage.piece == 0 { await Task.yield() }
            var status = stat()
            guard fstatat(dirfd(directory), name, &status, AT_SYMLINK_NOFOLLOW) == 0,
                give(name, status, in: dirfd(directory), to: user), status.st_mode & S_IFMT == S_IFDIR,
                stack.count <= Self.depth + 1
            else { continue }
            let child = openat(dirfd(directory), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard child >= 0 else { continue }
            if let entries = fdopendir(child) {
                stack.append(entries)
            } else {
                close(child)
            }
        }
    }

    private static func openToGive(_ path: FilePath, to user: ProcessUser) throws(Errno) -> Int32 {
        let descriptor = path.withPlatformString { Glibc.open($0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
        guard descriptor >= 0 else { throw Errno(rawValue: errno) }
        guard fchown(descriptor, user.id, user.id) == 0 else {
            let code = errno
            close(descriptor)
            throw Errno(rawValue: code)
        }
        return descriptor
    }

    /// Gives one entry of a directory.
    /// - Returns: whether what is in it may be given too.
    private static func give(_ name: [CChar], _ status: stat, in directory: Int32, to user: ProcessUser) -> Bool {
        guard status.st_uid == geteuid() else { return true }
        let entry = openat(directory, name, onlyPath | O_NOFOLLOW | O_CLOEXEC)
        guard entry >= 0 else { return false }
        defer { close(entry) }
        var found = stat()
        guard fstat(entry, &found) == 0, found.st_uid == geteuid() else { return true }
        if found.st_mode & S_IFMT == S_IFDIR || found.st_nlink == 1 {
            fchownat(entry, "", user.id, user.id, emptyPath)
        }
        return true
    }

    /// `O_PATH` and `AT_EMPTY_PATH`, which the C library keeps from programs that do not ask for its extensions.
    private static let onlyPath: Int32 = 0o10000000
    private static let emptyPath: Int32 = 0x1000

    /// Removes what belongs to a user in a directory that many write to, and in those below it that root made for many, as
    /// far as it can be removed.
    /// - Returns: whether it was done in time.
    static func removeAll(of user: ProcessUser, in path: FilePath, until end: ContinuousClock.Instant) -> Bool {
        let descriptor = path.withPlatformString { Glibc.open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        return descriptor < 0 || removeAll(of: user, in: descriptor, until: end, depth: 0)
    }

    /// - Parameter directory: it is taken over.
    private static func removeAll(
        of user: ProcessUser, in directory: Int32, until end: ContinuousClock.Instant, depth: Int
    ) -> Bool {
        guard let entries = fdopendir(directory) else {
            close(directory)
            return true
        }
        defer { closedir(entries) }
        while let name = nextName(in: entries) {
            var status = stat()
            guard fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
            if status.st_uid == user.id {
                var removal = Removal(end: end)
                do {
                    try removal.remove(name, in: directory, depth: 0)
                } catch {
                    if error == .timedOut { return false }
                    // What cannot be removed, such as a file system, no step made.
                }
            } else if isForMany(status), depth < Self.depth {
                let child = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
                if child >= 0, !removeAll(of: user, in: child, until: end, depth: depth + 1) { return false }
            }
        }
        return true
    }

    /// Whether it is a directory of the machine that everybody writes to. Those of other users go with their owners.
    static func isForMany(_ status: stat) -> Bool {
        status.st_mode & S_IFMT == S_IFDIR && status.st_mode & S_IWOTH != 0 && status.st_uid == 0
    }

    /// The names in a directory; none where it cannot be read.
    public static func names(in path: FilePath) -> [String] {
        guard let entries = path.withPlatformString({ opendir($0) }) else { return [] }
        defer { closedir(entries) }
        var names: [String] = []
        while let name = nextName(in: entries) {
            names.append(String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
        }
        return names
    }

    /// Goes through a tree, never following a link, as far as this user may look and not below ``depth``.
    /// - Parameters:
    ///   - descriptor: of a directory; it is taken over.
    ///   - path: the directory's, with a `/` at its end, below the tree's.
    ///   - visit: is given the directory of an entry, its name there, what it is, and its path below the tree's; says
    ///     whether what is in it is visited too, where it is a directory.
    private static func walk(
        below descriptor: Int32, _ path: [UInt8] = [], depth: Int = 0, visit: (Int32, [CChar], stat, [UInt8]) -> Bool
    ) {
        guard let entries = fdopendir(descriptor) else {
            close(descriptor)
            return
        }
        defer { closedir(entries) }
        while let name = nextName(in: entries) {
            var status = stat()
            guard fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
            let whole = path + name.dropLast().map { UInt8(bitPattern: $0) }
            // One level more than removal holds open: what it moves has to be this user's as well.
            guard visit(descriptor, name, status, whole), status.st_mode & S_IFMT == S_IFDIR, depth <= Self.depth
            else { continue }
            let child = openat(descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            if child >= 0 { walk(below: child, whole + [UInt8(ascii: "/")], depth: depth + 1, visit: visit) }
        }
    }

    /// The next name in a directory, with the zero at its end; the directory itself and the one above it are left out.
    static func nextName(in entries: OpaquePointer) -> [CChar]? {
        while let entry = readdir(entries) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                bytes.prefix { $0 != 0 }.map { CChar(bitPattern: $0) } + [0]
            }
            if name != [46, 0], name != [46, 46, 0] { return name }
        }
        return nil
    }

    /// The mode of what is open to all, or `nil` for what stays as it is.
    private static func opened(_ mode: mode_t) -> mode_t? {
        let kind = mode & S_IFMT
        // Who may write to a program could change what it does with its owner's rights.
        let isSafe = kind == S_IFDIR || kind == S_IFREG && mode & (S_ISUID | S_ISGID) == 0
        guard isSafe, mode & S_IROTH != 0 else { return nil }
        let owner = mode & S_IRWXU
        return mode & 0o7777 | owner >> 3 | owner >> 6
    }
}

import Glibc
public import SystemPackage

/// Directory trees whose content is not to be trusted.
public enum FileTree {
    /// Makes a directory that only this user may look into, with those above it.
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

    /// Removes a file or a directory and all that is in it, never following a link. That nothing is there is no error.
    public static func remove(_ path: FilePath) throws(Errno) {
        try remove(Array(path.string.utf8CString), in: AT_FDCWD)
    }

    private static func remove(_ name: [CChar], in directory: Int32) throws(Errno) {
        if unlinkat(directory, name, 0) == 0 || errno == ENOENT { return }
        // Linux says EISDIR, POSIX EPERM.
        guard errno == EISDIR || errno == EPERM else { throw Errno(rawValue: errno) }
        var descriptor = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        if descriptor < 0, errno == EACCES {
            // A directory that nobody may read: its owner may change that.
            fchmodat(directory, name, 0o700, 0)
            descriptor = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        }
        guard descriptor >= 0, let entries = fdopendir(descriptor) else {
            if errno == ENOENT { return }
            throw Errno(rawValue: errno)
        }
        defer { closedir(entries) }
        // Without the write bit it would keep its entries.
        fchmod(descriptor, 0o700)
        while let entry = readdir(entries) {
            let child = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                bytes.prefix { $0 != 0 }.map { CChar(bitPattern: $0) } + [0]
            }
            if child == [46, 0] || child == [46, 46, 0] { continue }
            try remove(child, in: descriptor)
        }
        if unlinkat(directory, name, AT_REMOVEDIR) != 0, errno != ENOENT { throw Errno(rawValue: errno) }
    }

    /// The folders of a tree that belong to other users, as far as this one may look.
    /// - Returns: paths below the tree's.
    public static func foreignFolders(_ path: FilePath) -> [[UInt8]] {
        var found: [[UInt8]] = []
        let descriptor = path.withPlatformString { Glibc.open($0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
        if descriptor >= 0 { findForeign(below: descriptor, [], &found) }
        return found
    }

    /// Takes the descriptor of a directory over.
    private static func findForeign(below descriptor: Int32, _ path: [UInt8], _ found: inout [[UInt8]]) {
        guard let entries = fdopendir(descriptor) else {
            close(descriptor)
            return
        }
        defer { closedir(entries) }
        while let entry = readdir(entries) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in Array(bytes.prefix { $0 != 0 }) }
            let text = name.map { CChar(bitPattern: $0) } + [0]
            var status = stat()
            guard text != [46, 0], text != [46, 46, 0], fstatat(descriptor, text, &status, AT_SYMLINK_NOFOLLOW) == 0,
                status.st_mode & S_IFMT == S_IFDIR
            else { continue }
            let whole = path + name
            if status.st_uid != geteuid() { found.append(whole) }
            let child = openat(descriptor, text, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            if child >= 0 { findForeign(below: child, whole + [UInt8(ascii: "/")], &found) }
        }
    }

    /// Lets every user do with a tree what its owners may, as far as others may read it: what is its owner's alone, and all
    /// below it, stays as it is. Links are never followed, however the tree changes meanwhile.
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
        openAll(below: descriptor, [], &closed)
        return closed
    }

    /// Takes the descriptor of a directory over.
    private static func openAll(below descriptor: Int32, _ path: [UInt8], _ closed: inout [[UInt8]]) {
        guard let entries = fdopendir(descriptor) else {
            close(descriptor)
            return
        }
        defer { closedir(entries) }
        while let entry = readdir(entries) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in Array(bytes.prefix { $0 != 0 }) }
            let text = name.map { CChar(bitPattern: $0) } + [0]
            var status = stat()
            guard text != [46, 0], text != [46, 46, 0], fstatat(descriptor, text, &status, AT_SYMLINK_NOFOLLOW) == 0,
                let wanted = opened(status.st_mode)
            else { continue }
            let whole = path + name
            if wanted != status.st_mode & 0o7777, fchmodat(descriptor, text, wanted, AT_SYMLINK_NOFOLLOW) != 0,
                errno == EPERM
            {
                closed.append(whole)
            }
            guard status.st_mode & S_IFMT == S_IFDIR else { continue }
            let child = openat(descriptor, text, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            if child >= 0 { openAll(below: child, whole + [UInt8(ascii: "/")], &closed) }
        }
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

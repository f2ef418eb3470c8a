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

    /// Lets every user read and write a tree, as far as it is this user's; what belongs to others stays as it is. Links
    /// are never followed, however the tree changes meanwhile.
    public static func open(_ path: FilePath) {
        let descriptor = path.withPlatformString { Glibc.open($0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
        if descriptor >= 0 { openAll(below: descriptor) }
    }

    /// Takes the descriptor of a directory over.
    private static func openAll(below descriptor: Int32) {
        var status = stat()
        if fstat(descriptor, &status) == 0, status.st_mode & 0o777 != 0o777 {
            fchmod(descriptor, status.st_mode & 0o7777 | 0o777)
        }
        guard let entries = fdopendir(descriptor) else {
            close(descriptor)
            return
        }
        defer { closedir(entries) }
        while let entry = readdir(entries) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                bytes.prefix { $0 != 0 }.map { CChar(bitPattern: $0) } + [0]
            }
            guard name != [46, 0], name != [46, 46, 0],
                fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0
            else { continue }
            switch status.st_mode & S_IFMT {
            case S_IFDIR:
                let child = openat(descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
                if child >= 0 { openAll(below: child) }
            case S_IFREG:
                let wanted = status.st_mode & 0o7777 | 0o666 | (status.st_mode & 0o100 == 0 ? 0 : 0o111)
                if wanted != status.st_mode & 0o7777 { fchmodat(descriptor, name, wanted, AT_SYMLINK_NOFOLLOW) }
            default: continue
            }
        }
    }
}

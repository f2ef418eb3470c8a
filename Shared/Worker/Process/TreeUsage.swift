import Glibc
public import SystemPackage

/// The disk that a tree takes, added up piece by piece, so that other work goes on between: the tree may be large, and
/// changes meanwhile. Links are never followed, and what has several names counts once.
public struct TreeUsage: Sendable {
    /// Source is not that deep. What is deeper is not looked at.
    public static let depth = 256
    /// How many entries are looked at in a row.
    static let piece = 2_000

    /// Of what has been seen, in bytes.
    public private(set) var bytes: Int64 = 0
    /// Whether there is something deeper than ``depth``.
    public private(set) var isTooDeep = false

    private struct Name: Hashable {
        var device: UInt64
        var number: UInt64
    }

    /// Adds up a tree. What is not there takes nothing, and what this user may not read takes what its name does.
    public static func of(_ path: FilePath) async -> TreeUsage {
        var usage = TreeUsage()
        let descriptor = path.withPlatformString { open($0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
        guard descriptor >= 0, let top = fdopendir(descriptor) else {
            if descriptor >= 0 { close(descriptor) }
            return usage
        }
        // Directories that are being read, each in the one before it.
        var stack = [top]
        var seen: Set<Name> = []
        var count = 0
        while let directory = stack.last {
            if Task.isCancelled { break }
            guard let name = FileTree.nextName(in: directory) else {
                closedir(directory)
                stack.removeLast()
                continue
            }
            count += 1
            if count % piece == 0 { await Task.yield() }
            var status = stat()
            guard fstatat(dirfd(directory), name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
            let isFolder = status.st_mode & S_IFMT == S_IFDIR
            if !isFolder, status.st_nlink > 1,
                !seen.insert(Name(device: UInt64(status.st_dev), number: UInt64(status.st_ino))).inserted
            {
                continue
            }
            usage.bytes += Int64(status.st_blocks) * 512
            guard isFolder else { continue }
            guard stack.count < depth else {
                usage.isTooDeep = true
                continue
            }
            let child = openat(dirfd(directory), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard child >= 0 else { continue }
            if let entries = fdopendir(child) {
                stack.append(entries)
            } else {
                close(child)
            }
        }
        for directory in stack { closedir(directory) }
        return usage
    }
}

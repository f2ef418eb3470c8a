import Glibc
public import SystemPackage

/// The disk that trees take, added up piece by piece, so that other work goes on between: they may be large, and change
/// meanwhile. Links are never followed, and what has several names counts once. What has no content takes what its name
/// and its place among the files of a disk do.
public struct TreeUsage: Sendable {
    /// Source is not that deep. What is deeper is not looked at.
    public static let depth = 256
    /// How many entries are looked at in a row.
    static let piece = 2_000
    /// The least that an entry takes, in bytes.
    static let least: Int64 = 4096

    /// Of what has been seen, in bytes.
    public private(set) var bytes: Int64 = 0
    /// Whether there is something deeper than ``depth``.
    public private(set) var isTooDeep = false

    private struct Name: Hashable {
        var device: UInt64
        var number: UInt64
    }

    private var seen: Set<Name> = []
    private var count = 0

    /// Adds up a tree. What is not there takes nothing, and what this user may not read takes what its name does.
    public static func of(_ path: FilePath) async -> TreeUsage {
        var usage = TreeUsage()
        await usage.add(path, of: nil)
        return usage
    }

    /// Adds up what belongs to a user, with all below it, in directories that many write to.
    public static func of(_ user: ProcessUser, in folders: [FilePath] = ProcessUser.sharedFolders) async -> TreeUsage {
        var usage = TreeUsage()
        for folder in folders { await usage.add(folder, of: user) }
        return usage
    }

    /// - Parameter owner: whose is counted, and what is below it; everybody's where it is `nil`.
    private mutating func add(_ path: FilePath, of owner: ProcessUser?) async {
        let descriptor = path.withPlatformString { open($0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
        guard descriptor >= 0, let top = fdopendir(descriptor) else {
            if descriptor >= 0 { close(descriptor) }
            return
        }
        // Directories that are being read, each in the one before it, and whether all in them counts.
        var stack = [(entries: top, counts: owner == nil)]
        while let (directory, counts) = stack.last {
            if Task.isCancelled { break }
            guard let name = FileTree.nextName(in: directory) else {
                closedir(directory)
                stack.removeLast()
                continue
            }
            count += 1
            if count % Self.piece == 0 { await Task.yield() }
            var status = stat()
            guard fstatat(dirfd(directory), name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
            let isCounted = counts || status.st_uid == owner?.id
            guard isCounted || FileTree.isForMany(status) else { continue }
            let isFolder = status.st_mode & S_IFMT == S_IFDIR
            if isCounted, !isFolder, status.st_nlink > 1,
                !seen.insert(Name(device: UInt64(status.st_dev), number: UInt64(status.st_ino))).inserted
            {
                continue
            }
            if isCounted { bytes += max(Int64(status.st_blocks) * 512, Self.least) }
            guard isFolder else { continue }
            guard stack.count < Self.depth else {
                isTooDeep = true
                continue
            }
            let child = openat(dirfd(directory), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard child >= 0 else { continue }
            if let entries = fdopendir(child) {
                stack.append((entries, isCounted))
            } else {
                close(child)
            }
        }
        for (directory, _) in stack { closedir(directory) }
    }
}

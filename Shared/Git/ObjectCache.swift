public import FoundationEssentials
import Glibc
public import Logging
import SystemPackage

/// What earlier checkouts of one repository fetched, for the next one to begin with: packs, and an index of them.
///
/// No git ever runs in it and nothing refers to it: a checkout copies its files into the workspace, fetches there what is
/// new, and the new files are copied back before a step can touch the workspace. So what a step does to the workspace stays
/// there, and a killed git leaves no lock file here. It can be removed at any time.
///
/// It gives nobody what the server would not: its objects alone are no checkout, every checkout asks the server for its
/// commit with its own credential. A workspace does hold, unreachable, objects of other branches of the same repository;
/// whoever may fetch one commit of a mirror may fetch them all.
public struct ObjectCache: Sendable {
    public let directory: String
    /// How many bytes it may have; it is emptied rather than made larger.
    let limit: Int64
    /// How many packs may come together. Git looks for an object in one after the other, and each is two files to copy.
    var packLimit = 32
    let lock: RepositoryLock
    let logger: Logger

    /// - Parameters:
    ///   - directory: its own; one for each ``Checkout/cacheKey``.
    ///   - limit: bytes.
    ///   - locks: shared by all that work on caches in this process.
    public init(directory: String, limit: Int64, locks: RepositoryLocks, logger: Logger) {
        self.directory = directory
        self.limit = limit
        self.logger = logger
        lock = locks.lock(of: directory)
    }

    private var indexPath: String { directory + "/index.json" }

    /// How much there is and when it was last used, or `nil` where there is nothing of use.
    public func usage() -> (bytes: Int64, used: Date)? {
        var status = stat()
        guard let index = read(), lstat(indexPath, &status) == 0 else { return nil }
        let used = Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) / 1e9
        return (index.size, Date(timeIntervalSince1970: used))
    }

    /// Removes it, unless a checkout uses it right now or has used it after this moment.
    public func removeIfUnused(since moment: Date) {
        _ = lock.tryLock {
            if let usage = usage(), usage.used > moment { return }
            remove()
        }
    }

    /// Removes it. The lock has to be held.
    func remove() {
        guard exists(directory) else { return }
        do {
            // Without its index it is nothing, however far this gets.
            if exists(indexPath) { try FileManager.default.removeItem(atPath: indexPath) }
            try FileManager.default.removeItem(atPath: directory)
        } catch {
            logger.warning("a source cache cannot be removed", metadata: ["error": "\(error)"])
        }
    }

    /// The index, or `nil` where there is none or it is not to be trusted.
    func read(for key: String? = nil) -> CacheIndex? {
        guard isFolder(directory), exists(indexPath) else { return nil }
        do {
            let index = try JSONDecoder().decode(CacheIndex.self, from: Data(contentsOf: URL(filePath: indexPath)))
            if index.isSound, key == nil || index.key == key { return index }
        } catch {
            logger.notice("a source cache is unreadable", metadata: ["error": "\(error)"])
        }
        return nil
    }

    /// Copies everything into a repository that has no object yet.
    /// - Throws: `failed` where a file is missing or is not the one that was written; `cancelled`.
    func fill(_ repository: String, with index: CacheIndex) async throws(GitError) {
        do {
            // Now is when it is used: whatever looks for the one unused longest passes it over.
            utimes(indexPath, nil)
            let folder = repository + "/objects/pack/"
            for pack in index.packs {
                try await FileCopy.copy(
                    path(pack.name, ".pack"), to: FilePath(folder + pack.name + ".pack"), expecting: pack.objects)
                try await FileCopy.copy(
                    path(pack.name, ".idx"), to: FilePath(folder + pack.name + ".idx"), expecting: pack.index)
            }
            try ShallowFile(of: repository).write(index.shallow)
        } catch is CancellationError {
            throw GitError(.cancelled, "cancelled while copying the source cache")
        } catch {
            throw GitError(.failed, "the source cache \(directory) cannot be copied: \(error)")
        }
    }

    func isFolder(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Whether anything is there, be it a link to nowhere.
    func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    func path(_ name: String, _ suffix: String) -> FilePath { FilePath("\(directory)/\(name)\(suffix)") }
}

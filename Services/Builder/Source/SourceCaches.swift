import Crypto
import FoundationEssentials
import Git
import Logging
import Secrets
import SystemPackage
import Text

/// What jobs fetched, kept for the next job of the same repository: `<folder>/<hash>`, one for each repository, object
/// format and depth of history. None of it is needed, so all of it may be removed at any time.
struct SourceCaches: Sendable {
    private let folder: FilePath
    /// Bytes of all together; what was used longest ago goes first.
    private let limit: Int64
    private let logger: Logger
    private let locks = RepositoryLocks()

    /// How long an unused cache stays, in seconds.
    private static let unusedLimit: TimeInterval = 14 * 24 * 3600

    init(folder: FilePath, limit: Int64, logger: Logger) {
        self.folder = folder
        self.limit = limit
        self.logger = logger
    }

    /// The cache for a checkout. Its name is a hash of what it is for: nothing of an address becomes a path, and no
    /// credential is a part of it.
    func cache(for checkout: Checkout) -> ObjectCache {
        cache(named: Hex.encode(SHA256.hash(data: Data(checkout.cacheKey.utf8))))
    }

    private func cache(named name: String) -> ObjectCache {
        ObjectCache(directory: folder.appending(name).string, limit: limit, locks: locks, logger: logger)
    }

    /// Removes the caches used longest ago until the others are within the limit, those nobody has used for two weeks, and
    /// what is of no use: of an earlier start of the machine, of an older builder, half removed. One that is in use stays.
    func trim(now: Date = Date()) {
        var caches: [(cache: ObjectCache, bytes: Int64, used: Date)] = []
        for name in names() {
            let cache = cache(named: name)
            if let usage = cache.usage() {
                caches.append((cache, usage.bytes, usage.used))
            } else {
                cache.removeIfUnused(since: .distantPast)
            }
        }
        var bytes: Int64 = 0
        for (cache, size, used) in caches.sorted(by: { $0.used > $1.used }) {
            if bytes + size <= limit, now.timeIntervalSince(used) < Self.unusedLimit {
                bytes += size
            } else {
                logger.debug("a source cache makes room", metadata: ["path": "\(cache.directory)"])
                cache.removeIfUnused(since: used)
            }
        }
    }

    private func names() -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder.string)
        } catch {
            // Nothing was cached yet.
            return []
        }
    }
}

import FoundationEssentials
import Logging

extension GitProgram {
    /// As ``checkout(_:)``, but fetches only what earlier checkouts through the same cache did not bring. The workspace has
    /// the same history, and every object it needs is its own.
    ///
    /// The server is asked for the commit in any case: with `--depth`, git never takes it from what is there. So a
    /// credential that is not good for the commit brings the server's refusal, whatever the cache holds.
    ///
    /// Others wait while one checkout fetches: of many jobs of one push, the first fetches for all.
    /// - Throws: ``GitError``, for the same reasons as without a cache. Whatever is wrong with the cache ends in a fetch
    ///   without it.
    public func checkout(_ checkout: Checkout, through cache: ObjectCache) async throws(GitError) {
        guard checkout.depth != nil else { return try await self.checkout(checkout) }
        let remote = try checkout.check(allowsFile: allowsFile)
        guard try await fetch(checkout, from: remote, cache) else { return try await finish(checkout, from: remote) }
        do throws(GitError) {
            return try await finish(checkout, from: remote)
        } catch {
            guard Self.mayBeTheCaches(error) else { throw error }
            logger.warning("an unusable source cache is removed", metadata: ["error": "\(error)"])
        }
        try await cache.lock.withLock { () async throws(GitError) -> Void in
            cache.remove()
            try Self.empty(checkout.directory)
            try await fetchAll(checkout, from: remote, cache)
        }
        try await finish(checkout, from: remote)
    }

    /// Fetches under the cache's lock.
    /// - Returns: whether a part came from the cache.
    private func fetch(
        _ checkout: Checkout, from remote: RemoteAddress, _ cache: ObjectCache
    ) async throws(GitError) -> Bool {
        try await cache.lock.withLock { () async throws(GitError) -> Bool in
            guard let index = cache.read(for: checkout.cacheKey), !index.isWorn else {
                try await fetchAll(checkout, from: remote, cache)
                return false
            }
            let doubt: GitError
            do throws(GitError) {
                try Self.initialize(checkout)
                try await cache.fill(checkout.repository, with: index)
                try await fetch(checkout, from: remote, beyond: index.tips.map(\.commit), packed: true)
                if index.packs.count >= cache.packLimit { try await tidy(checkout, index) }
                await cache.keep(checkout, after: index)
                return true
            } catch {
                guard Self.mayBeTheCaches(error) else { throw error }
                doubt = error
            }
            // The same without the cache shows whose fault it was. That the server has no such commit it says again, and
            // that is no reason to forget the others.
            do throws(GitError) {
                try Self.empty(checkout.directory)
                try await fetchAll(checkout, from: remote, cache)
            } catch {
                if error.code != doubt.code { cache.remove() }
                throw error
            }
            logger.warning("an unusable source cache is rebuilt", metadata: ["error": "\(doubt)"])
            return false
        }
    }

    /// Makes few packs of many small ones, and forgets where histories ended that nobody asks for any more: all of those
    /// ends are sent with every fetch. What lies behind them stays as objects that nothing leads to.
    private func tidy(_ checkout: Checkout, _ index: CacheIndex) async throws(GitError) {
        let tips = index.tips.map(\.commit) + [checkout.commit]
        let history = try await run(
            ["rev-list", "--end-of-options"] + tips, in: checkout.directory, outputLimit: 64 << 20,
            timeout: checkout.timeout, doing: "listing the history of \(checkout.commit)")
        let needed = Set(history.text.split(separator: "\n").map(String.init))
        do {
            let file = ShallowFile(of: checkout.repository)
            try file.write(try file.read().filter(needed.contains))
        } catch {
            throw GitError(.failed, "the end of the history cannot be moved: \(error)")
        }
        _ = try await run(
            ["repack", "--geometric=2", "-d", "-n", "--quiet"], in: checkout.directory, timeout: checkout.timeout,
            configuration: [("core.fsync", "none")], doing: "packing the objects of \(checkout.commit)")
    }

    /// Fetches as if there were no cache, and has the cache begin anew with it.
    private func fetchAll(
        _ checkout: Checkout, from remote: RemoteAddress, _ cache: ObjectCache
    ) async throws(GitError) {
        try Self.initialize(checkout)
        try await fetch(checkout, from: remote, packed: true)
        await cache.keep(checkout, after: nil)
    }

    /// Whether it could go better without the cache. Of a server that is away, no cache is the reason.
    private static func mayBeTheCaches(_ error: GitError) -> Bool {
        switch error.code {
        case .cancelled, .timedOut, .unreachable, .rateLimited: false
        default: true
        }
    }

    /// Removes what a try left in a workspace. No step was there yet.
    private static func empty(_ directory: String) throws(GitError) {
        do {
            for file in try FileManager.default.contentsOfDirectory(atPath: directory) {
                try FileManager.default.removeItem(atPath: "\(directory)/\(file)")
            }
        } catch {
            throw GitError(.failed, "the workspace \(directory) cannot be emptied", cause: "\(error)")
        }
    }
}

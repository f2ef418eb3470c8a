import FoundationEssentials
import Logging

/// The tags of a checkout: those of its history, and of a tag's own run that one for certain.
extension GitProgram {
    /// Fetches the tags of a commit that was fetched, and sets the ref of its branch on the remote.
    ///
    /// Not together with the commit: a tag that is in a cache would be fetched with another history.
    func fetchTags(_ checkout: Checkout, from remote: RemoteAddress) async throws(GitError) {
        do throws(GitError) {
            _ = try await run(
                [
                    "fetch", "--quiet", "--no-write-fetch-head", "--no-recurse-submodules", "--", remote.text,
                    "+\(checkout.commit):\(checkout.fetched)",
                ], in: checkout.directory, remote: remote, credential: checkout.credential, timeout: checkout.timeout,
                configuration: [("core.fsync", "none")], doing: "fetching the tags of \(checkout.commit)")
        } catch {
            // Refused by Git, or removed at the server a moment ago: for a tag no job fails.
            guard error.code == .unsafeObjects || error.code == .refNotFound else { throw error }
            logger.notice("tags cannot be fetched", metadata: ["error": "\(error)"])
        }
        if checkout.branch == nil { try Self.removeFetchedRef(checkout) }
        if try Self.mayHaveTags(checkout) { try await removeForeignTags(checkout) }
        guard let tag = checkout.tag else { return }
        try await removeTags(beside: tag, checkout)
        try await ensure(tag, checkout)
    }

    private static func mayHaveTags(_ checkout: Checkout) throws(GitError) -> Bool {
        if FileManager.default.fileExists(atPath: checkout.repository + "/packed-refs") { return true }
        do {
            return try !FileManager.default.contentsOfDirectory(atPath: checkout.repository + "/refs/tags").isEmpty
        } catch {
            throw GitError(.failed, "the tags of \(checkout.directory) cannot be read", cause: "\(error)")
        }
    }

    /// Git brings a tag for every object that is here, and from a cache there are those of other branches too.
    private func removeForeignTags(_ checkout: Checkout) async throws(GitError) {
        let foreign = try await run(
            ["for-each-ref", "--format=delete %(refname)", "--no-merged=\(checkout.commit)", "refs/tags"],
            in: checkout.directory, outputLimit: 16 << 20, doing: "listing the tags of \(checkout.commit)")
        guard !foreign.bytes.isEmpty else { return }
        _ = try await run(
            ["update-ref", "--stdin"], in: checkout.directory, input: foreign.bytes,
            doing: "removing the tags of other histories")
    }

    /// The other tags of a tag's commit stay out of its run: `git describe` would name any of them, an annotated one first.
    private func removeTags(beside tag: String, _ checkout: Checkout) async throws(GitError) {
        let listed = try await run(
            ["for-each-ref", "--format=delete %(refname)", "--points-at=\(checkout.commit)", "refs/tags"],
            in: checkout.directory, outputLimit: 16 << 20, doing: "listing the tags at \(checkout.commit)")
        let own = Array("delete refs/tags/\(tag)".utf8)
        let others = listed.bytes.split(separator: UInt8(ascii: "\n")).filter { !$0.elementsEqual(own) }
        guard !others.isEmpty else { return }
        _ = try await run(
            ["update-ref", "--stdin"], in: checkout.directory,
            input: Array(others.joined(separator: [UInt8(ascii: "\n")])) + [UInt8(ascii: "\n")],
            doing: "removing the tags beside \(tag)")
    }

    /// The run's own tag is at its commit, also when it was moved or removed meanwhile.
    private func ensure(_ tag: String, _ checkout: Checkout) async throws(GitError) {
        let ref = "refs/tags/\(tag)"
        let found = try await output(
            ["rev-parse", "--verify", "--quiet", "--end-of-options", "\(ref)^{commit}"], in: checkout.directory)
        guard found.text.prefix(while: { $0.isHexDigit }) != checkout.commit else { return }
        do {
            _ = try await run(
                ["update-ref", ref, checkout.commit], in: checkout.directory, doing: "making the tag \(tag)")
        } catch {
            // A tag `v1/a` that came in the place of `v1` is the only reason.
            logger.notice("a tag cannot be made", metadata: ["ref": "\(ref)", "error": "\(error)"])
        }
    }

    private static func removeFetchedRef(_ checkout: Checkout) throws(GitError) {
        let folder = checkout.repository + "/refs/slipway"
        guard FileManager.default.fileExists(atPath: folder) else { return }
        do {
            try FileManager.default.removeItem(atPath: folder)
        } catch {
            throw GitError(.failed, "a ref of the fetch cannot be removed", cause: "\(error)")
        }
    }
}

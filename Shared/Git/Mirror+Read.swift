extension Mirror {
    /// A file at a commit.
    public struct File: Sendable, Hashable {
        public var path: String
        public var bytes: [UInt8]
        /// Where it leads, if it is a symbolic link to nothing at the commit.
        public var brokenLink: String?
    }

    /// The details of a commit and the first of the named files there is at it, by one command. A symbolic link is
    /// followed within the commit and not out of it.
    /// - Parameter limit: of the file's size in bytes.
    /// - Throws: ``GitError``: `tooLarge` where the file is larger than `limit`, `refNotFound` where the mirror does not
    ///   have the commit.
    public func commit(
        _ commit: String, firstOf paths: [String] = [], limit: Int = 1 << 20
    ) async throws(GitError) -> (details: CommitDetails, file: File?) {
        try RefName.check(commit: commit)
        let usable = paths.filter { !$0.contains("\n") }
        let requests = ["\(commit)^{commit}"] + usable.map { "\(commit):\($0)" }
        let reply: BatchReply
        do {
            let bytes = try await batch("--batch", requests, outputLimit: (limit + 4096) * requests.count)
            reply = BatchReply(bytes, withBodies: true)
        } catch  where error.code == .tooLarge {
            // One of them is larger than all may be: the sizes alone tell which.
            reply = BatchReply(
                try await batch("--batch-check", requests, outputLimit: 1 << 20), withBodies: false)
        }
        guard case .object("commit", let object)? = reply.entries.first else {
            throw GitError(.refNotFound, "the mirror does not have commit \(commit)")
        }
        var found: File?
        for (path, entry) in zip(usable, reply.entries.dropFirst()) {
            if case .link(let problem) = entry {
                found = File(path: path, bytes: [], brokenLink: problem)
                break
            }
            guard case .object(let type, let content) = entry, type == (path.hasSuffix("/") ? "tree" : "blob") else {
                continue
            }
            guard content.size <= limit else {
                throw GitError(.tooLarge, "\(path) has \(content.size) bytes; \(limit) are taken")
            }
            found = File(path: path, bytes: content.bytes)
            break
        }
        guard object.bytes.count == object.size,
            found?.bytes.isEmpty != true || found?.brokenLink != nil || reply.hasBodies
        else {
            throw GitError(.tooLarge, "the files at \(commit) are larger than what is taken")
        }
        var bytes = object.bytes
        if CommitDetails.encoding(of: bytes) != nil { bytes = try await recoded(commit) }
        return (try CommitDetails(sha: commit, object: bytes), found)
    }

    /// A commit's object whose text is in another encoding, in UTF-8. Where Git does not know the encoding, its bytes as
    /// they are.
    private func recoded(_ commit: String) async throws(GitError) -> [UInt8] {
        let output = try await program.run(
            [
                "log", "-1", "--no-show-signature", "--no-notes", "--no-decorate", "--encoding=UTF-8",
                "--format=author %an <%ae> %at%ncommitter %cn <%ce> %ct%n%n%B", "--end-of-options", commit,
            ], in: directory, outputLimit: 4 << 20, doing: "reading \(commit)")
        return output.bytes
    }

    /// One file at a commit.
    /// - Throws: ``GitError``: `pathNotFound` where there is no such file, `tooLarge`.
    /// - Parameter limit: in bytes.
    public func file(_ path: String, at commit: String, limit: Int = 1 << 20) async throws(GitError) -> [UInt8] {
        guard let file = try await self.commit(commit, firstOf: [path], limit: limit).file else {
            throw GitError(.pathNotFound, "\(path) is not a file at \(commit)")
        }
        if let problem = file.brokenLink {
            throw GitError(.pathNotFound, "\(path) at \(commit) is a symbolic link that \(problem)")
        }
        return file.bytes
    }

    /// The paths that differ between two commits, renames as both.
    /// - Parameters:
    ///   - before: `nil` for a new ref, which there is nothing to compare with.
    ///   - limit: paths returned; `complete` says whether these are all.
    /// - Returns: no paths and not complete where there is no `before` in the mirror.
    /// - Throws: ``GitError``.
    public func changedPaths(
        from before: String?, to after: String, limit: Int = 5_000
    ) async throws(GitError) -> (paths: [String], complete: Bool) {
        guard let before else { return ([], false) }
        try RefName.check(commit: before)
        try RefName.check(commit: after)
        let output: GitProgram.Output
        do {
            output = try await program.run(
                ["diff-tree", "-r", "-z", "--name-only", "--no-renames", before, after], in: directory,
                outputLimit: 8 << 20, doing: "comparing \(before) with \(after)")
        } catch  where error.code == .refNotFound || error.code == .tooLarge {
            return ([], false)
        }
        let paths = output.bytes.split(separator: 0)
        return (paths.prefix(limit).map { String(decoding: $0, as: UTF8.self) }, paths.count <= limit)
    }

    private func batch(_ mode: String, _ requests: [String], outputLimit: Int) async throws(GitError) -> [UInt8] {
        try await program.run(
            ["cat-file", mode, "--follow-symlinks"], in: directory,
            input: Array((requests.joined(separator: "\n") + "\n").utf8),
            outputLimit: outputLimit, doing: "reading the mirror"
        ).bytes
    }
}

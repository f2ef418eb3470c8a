import Contracts

/// Where a server's branches and tags are.
public struct Heads: Sendable, Equatable {
    /// The commit of each, by its full ref. A tag's is the one it leads to.
    public var commits: [String: String]
    /// Whether the tags are among them.
    public var hasTags: Bool
}

extension Mirror {
    /// Asks the server where its branches and tags are, and fetches nothing: the mirror need not be there.
    /// - Parameter limit: where there are more only the branches are told.
    /// - Throws: ``GitError``: `tooLarge` where there are more branches.
    public func heads(from source: FetchSource, limit: Int) async throws(GitError) -> Heads {
        let remote = try RemoteAddress(source.url, allowsFile: program.allowsFile)
        try makeFolders()
        do throws(GitError) {
            return try await heads(remote, source, limit)
        } catch {
            return try await heads(try await target(of: remote, source, after: error), source, limit)
        }
    }

    private func heads(
        _ remote: RemoteAddress, _ source: FetchSource, _ limit: Int
    ) async throws(GitError) -> Heads {
        if let all = try await listed(["--heads", "--tags"], remote, source, limit) {
            return Heads(commits: all, hasTags: true)
        }
        if let branches = try await listed(["--heads"], remote, source, limit) {
            return Heads(commits: branches, hasTags: false)
        }
        throw GitError(.tooLarge, "\(remote) has more than \(limit) branches")
    }

    /// - Returns: `nil` where there are more than so many.
    private func listed(
        _ kinds: [String], _ remote: RemoteAddress, _ source: FetchSource, _ limit: Int
    ) async throws(GitError) -> [String: String]? {
        let output: GitProgram.Output
        do throws(GitError) {
            output = try await program.run(
                ["ls-remote", "--quiet"] + kinds + ["--", remote.text], in: parent, remote: remote,
                credential: source.credential, outputLimit: 16 << 20, timeout: source.timeout,
                doing: "listing the refs of \(remote)")
        } catch  where error.code == .tooLarge {
            return nil
        }
        // To git a page to sign in is a list of nothing.
        if output.bytes.isEmpty { throw try await nothing(at: remote, source) }
        var commits: [String: String] = [:]
        for line in output.text.split(separator: "\n") {
            let columns = line.split(separator: "\t")
            guard columns.count == 2, GitRef.isCommit(String(columns[0])) else { continue }
            // The commit of an annotated tag is listed beside the tag, and after it.
            let ref = columns[1].hasSuffix("^{}") ? columns[1].dropLast(3) : columns[1]
            guard GitRef.problem(String(ref)) == nil else { continue }
            commits[String(ref)] = String(columns[0])
            if commits.count > limit { return nil }
        }
        return commits
    }
}

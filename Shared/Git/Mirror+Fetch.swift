import Contracts
import FoundationEssentials
import Logging

/// Where a mirror fetches from.
public struct FetchSource: Sendable {
    public var url: String
    public var credential: GitCredential
    /// For each command that talks to the server.
    public var timeout: Duration

    public init(url: String, credential: GitCredential = .none, timeout: Duration = .seconds(300)) {
        self.url = url
        self.credential = credential
        self.timeout = timeout
    }
}

extension Mirror {
    /// Fetches what a push left on the server and keeps the commit reachable, also when the branch is moved away
    /// from it later. A commit that is kept already is not fetched again.
    /// - Parameters:
    ///   - ref: the full ref that was pushed.
    ///   - commit: the commit it was pushed to, or `nil` for the one the ref has now.
    /// - Returns: the commit's id.
    /// - Throws: ``GitError``.
    public func fetch(ref: String, commit: String?, from source: FetchSource) async throws(GitError) -> String {
        let remote = try RemoteAddress(source.url, allowsFile: program.allowsFile)
        try RefName.check(ref: ref)
        if let commit { try RefName.check(commit: commit) }
        return try await exclusively { () async throws(GitError) -> String in
            try await followingRedirects(remote, source) { (remote) async throws(GitError) -> String in
                guard let commit else { return try await fetchTip(of: ref, remote, source) }
                guard !isKept(commit) else { return commit }
                do throws(GitError) {
                    // A server gives a commit by its id if a ref is at it, most give any: one command for both.
                    try await fetch([ref, "\(commit):\(Self.kept(commit))"], remote, source)
                } catch  where error.code == .refNotFound {
                    try await fetchMoved(ref: ref, commit: commit, remote, source)
                }
                return commit
            }
        }
    }

    /// Finds what a person named (a branch, a tag, a full ref, a commit or the beginning of a known commit's id),
    /// fetches it and keeps it reachable.
    /// - Parameter kind: what is meant where a branch and a tag are called so: `refs/heads/` or `refs/tags/`; `nil` where
    ///   it is not known.
    /// - Returns: the commit's id and the ref it was found as, which for a commit alone is its id.
    /// - Throws: ``GitError``; ``GitError/Code/invalid`` where the name stands for more than one thing.
    public func fetch(
        naming name: String, kind: String? = nil, from source: FetchSource
    ) async throws(GitError) -> (commit: String, ref: String) {
        let remote = try RemoteAddress(source.url, allowsFile: program.allowsFile)
        return try await exclusively { () async throws(GitError) -> (commit: String, ref: String) in
            try await followingRedirects(remote, source) {
                (remote) async throws(GitError) -> (commit: String, ref: String) in
                try await find(name, kind, remote, source)
            }
        }
    }

    /// The branches and tags of the server that are at a commit.
    /// - Throws: `GitError` where the server cannot be asked.
    public func refs(at commit: String, from source: FetchSource) async throws(GitError) -> [String] {
        let remote = try RemoteAddress(source.url, allowsFile: program.allowsFile)
        return try await followingRedirects(remote, source) { (remote) async throws(GitError) -> [String] in
            try await list(["--heads", "--tags"], [], remote, source).filter { $0.value == commit }
                // The commit of an annotated tag is listed beside the tag.
                .map { $0.name.hasSuffix("^{}") ? String($0.name.dropLast(3)) : $0.name }
        }
    }

    private func find(
        _ name: String, _ kind: String?, _ remote: RemoteAddress, _ source: FetchSource
    ) async throws(GitError) -> (commit: String, ref: String) {
        let id = name.lowercased()
        if GitRef.isCommit(id) {
            if isKept(id) { return (id, id) }
            try await fetch(["+\(id):\(Self.tip)"], remote, source)
            let commit = try await commit(of: "\(id) of \(remote)")
            return (commit, commit)
        }
        var found =
            name == "HEAD"
            ? try await headRefs(remote, source) : try await existing(RefName.candidates(name), remote, source)
        if let kind, let meant = found.first(where: { $0 == kind + name }) { found = [meant] }
        func ambiguous(_ meanings: [String]) -> GitError {
            GitError(.invalid, "“\(name)” is ambiguous in \(remote): say \(meanings.joined(separator: " or "))")
        }
        guard found.count < 2 else { throw ambiguous(found) }
        if let ref = found.first {
            if GitRef.isCommit(ref) { return try await find(ref, nil, remote, source) }
            let tip = try await fetchTip(of: ref, remote, source)
            let others = RefName.isShortCommit(id) ? try await fetchedCommits(beginning: id).filter { $0 != tip } : []
            guard others.isEmpty else { throw ambiguous([ref] + others.prefix(5)) }
            return (tip, ref)
        }
        if let commit = try await fetchedCommit(beginning: id) {
            try await keep(commit)
            return (commit, commit)
        }
        throw try await missing(
            "“\(name)” is neither a branch nor a tag of \(remote)"
                + (RefName.isCommitPrefix(name) ? ", and no commit that was fetched here begins with it" : ""),
            remote, source)
    }

    /// The commit a ref has now. Mirrors keep commits, not branches: a branch `a` that made way for `a/b` on the
    /// server would stand in the way here.
    private func fetchTip(
        of ref: String, _ remote: RemoteAddress, _ source: FetchSource
    ) async throws(GitError) -> String {
        do {
            try await fetch(["+\(ref):\(Self.tip)"], remote, source)
        } catch  where error.code == .refNotFound {
            throw try await missing("\(ref) does not exist in \(remote)", remote, source)
        }
        return try await commit(of: "\(ref) of \(remote)")
    }

    /// Keeps the commit that was fetched as ``tip``, or that a tag fetched as it is on.
    /// - Parameter name: What was fetched, for people.
    /// - Throws: ``GitError/Code/refNotFound`` where it is a tree or a blob, which tags may be on.
    private func commit(of name: String) async throws(GitError) -> String {
        let output = try await program.output(
            ["rev-parse", "--verify", "--quiet", "--end-of-options", "\(Self.tip)^{commit}"], in: directory)
        let commit = output.text.split(separator: "\n").first.map(String.init) ?? ""
        guard GitRef.isCommit(commit) else {
            let type = try await program.output(["cat-file", "-t", "\(Self.tip)^{}"], in: directory)
            let word = type.text.split(separator: "\n").first ?? "something else"
            throw GitError(.refNotFound, "\(name) is a \(word), not a commit: there is nothing to run a pipeline of")
        }
        try await keep(commit)
        return commit
    }

    /// The commit is no longer where its ref is (force-pushed since), or the ref is gone.
    private func fetchMoved(
        ref: String, commit: String, _ remote: RemoteAddress, _ source: FetchSource
    ) async throws(GitError) {
        do {
            try await fetch(["\(commit):\(Self.kept(commit))"], remote, source)
            return
        } catch  where error.code == .refNotFound {
            // A server that gives no commit by its id may still have it within the ref's history.
        }
        do {
            try await fetch([ref], remote, source)
        } catch  where error.code == .refNotFound {
            throw try await missing("\(ref) does not exist in \(remote)", remote, source)
        }
        guard try await contains(commit) else {
            throw GitError(.refNotFound, "commit \(commit) is not in \(remote); was it replaced by a later push?")
        }
        try await keep(commit)
    }

    /// Fetches, and brings the tags to where the server has them: builds ask for the version by them. For a tag that
    /// cannot be fetched no push has to fail.
    func fetch(_ refspecs: [String], _ remote: RemoteAddress, _ source: FetchSource) async throws(GitError) {
        do throws(GitError) {
            try await fetch(refspecs + ["+refs/tags/*:refs/tags/*"], ["--prune"], remote, source)
        } catch {
            guard error.code == .unsafeObjects || error.code == .failed else { throw error }
            try await fetch(refspecs, [], remote, source)
            program.logger.notice(
                "tags cannot be fetched", metadata: ["address": "\(remote)", "error": "\(error)"])
        }
    }

    private func fetch(
        _ refspecs: [String], _ options: [String], _ remote: RemoteAddress, _ source: FetchSource
    ) async throws(GitError) {
        _ = try await program.run(
            ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--force", "--no-recurse-submodules"]
                + options + ["--", remote.text] + refspecs, in: directory, remote: remote,
            credential: source.credential, timeout: source.timeout,
            doing: "fetching \(refspecs.first ?? "") from \(remote)")
    }

    /// Those of the refs that the server has, in their order.
    private func existing(
        _ refs: [String], _ remote: RemoteAddress, _ source: FetchSource
    ) async throws(GitError) -> [String] {
        guard !refs.isEmpty else { return [] }
        let names = Set(try await list(["--refs"], refs, remote, source).map(\.name))
        return refs.filter(names.contains)
    }

    /// What `HEAD` stands for: the branch that it is at, or its commit where it is at none, and whatever is called so itself.
    private func headRefs(_ remote: RemoteAddress, _ source: FetchSource) async throws(GitError) -> [String] {
        let lines = try await list(["--symref"], ["HEAD"], remote, source)
        let pointers = lines.filter { $0.name == "HEAD" }.map { String($0.value) }
        let branch = pointers.first { $0.hasPrefix("ref: ") }
        let head = branch.map { String($0.dropFirst("ref: ".count)) } ?? pointers.first
        let named = RefName.candidates("HEAD").filter { ref in ref != head && lines.contains { $0.name == ref } }
        return (head.map { [$0] } ?? []) + named
    }

    private func list(
        _ options: [String], _ patterns: [String], _ remote: RemoteAddress, _ source: FetchSource
    ) async throws(GitError) -> [(value: Substring, name: String)] {
        let output = try await program.run(
            ["ls-remote", "--quiet"] + options + ["--", remote.text] + patterns, in: directory, remote: remote,
            credential: source.credential, timeout: source.timeout, doing: "listing the refs of \(remote)")
        return output.text.split(separator: "\n").compactMap { line in
            let columns = line.split(separator: "\t")
            return columns.count == 2 ? (columns[0], String(columns[1])) : nil
        }
    }

    /// The commit in this mirror whose id begins so, or `nil`.
    private func fetchedCommit(beginning prefix: String) async throws(GitError) -> String? {
        let commits = try await fetchedCommits(beginning: prefix)
        guard commits.count < 2 else {
            throw GitError(
                .invalid,
                "“\(prefix)” is the beginning of \(commits.count) commits: "
                    + commits.prefix(5).joined(separator: ", "))
        }
        return commits.first
    }

    private func fetchedCommits(beginning prefix: String) async throws(GitError) -> [String] {
        guard RefName.isCommitPrefix(prefix) else { return [] }
        let objects = try await program.run(
            ["rev-parse", "--disambiguate=\(prefix)"], in: directory, doing: "looking for the commit \(prefix)")
        var commits: [String] = []
        for id in objects.text.split(separator: "\n").map(String.init) where GitRef.isCommit(id) {
            let type = try await program.output(["cat-file", "-t", id], in: directory)
            if type.exitCode == 0, type.text.hasPrefix("commit") { commits.append(id) }
        }
        return commits
    }

    /// Whether a ref is missing among others or the repository has none at all.
    private func missing(
        _ message: String, _ remote: RemoteAddress, _ source: FetchSource
    ) async throws(GitError) -> GitError {
        // Only whether there is a line matters; a repository with many refs may well have more than is taken.
        do {
            let heads = try await program.run(
                ["ls-remote", "--quiet", "--heads", "--tags", "--", remote.text], in: directory, remote: remote,
                credential: source.credential, outputLimit: 1 << 20, timeout: source.timeout,
                doing: "listing the refs of \(remote)")
            guard heads.bytes.isEmpty else { return GitError(.refNotFound, message) }
        } catch  where error.code == .tooLarge {
            return GitError(.refNotFound, message)
        }
        return try await nothing(at: remote, source)
    }

    /// Where something is fetched to of which it is not known yet what it is.
    private static let tip = "refs/slipway/tip"

    /// The ref that keeps a commit. Builders may fetch it as long as its run can ask for it.
    static func kept(_ commit: String) -> String { "refs/slipway/commits/\(commit)" }

    func keep(_ commit: String) async throws(GitError) {
        _ = try await program.run(
            ["update-ref", Self.kept(commit), commit], in: directory, doing: "keeping commit \(commit)")
    }

    /// Whether the commit was fetched and kept before. A ref in its own file is enough to know: packed ones are
    /// old, and are fetched again for next to nothing.
    private func isKept(_ commit: String) -> Bool {
        FileManager.default.fileExists(atPath: "\(directory)/\(Self.kept(commit))")
    }

    func contains(_ commit: String) async throws(GitError) -> Bool {
        let output = try await program.output(["cat-file", "-e", "\(commit)^{commit}"], in: directory)
        return output.exitCode == 0
    }
}

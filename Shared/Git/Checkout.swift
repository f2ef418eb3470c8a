import Contracts
import FoundationEssentials

/// One commit to check out as a working tree.
public struct Checkout: Sendable {
    /// Such as a mirror's `http://sync:8081/shop/web.git`.
    public var url: String
    public var credential: GitCredential
    /// The whole commit id.
    public var commit: String
    /// The ref it is built for, or a commit's id where that is of no ref. Of `refs/heads/x` the branch `x` is checked out at
    /// the commit; else the head is detached.
    public var ref: String?
    /// The address the remote `origin` is to have, without credentials. There is no remote if `nil`.
    public var origin: String?
    /// A folder that does not exist yet or is empty.
    public var directory: String
    /// How many commits of history come along; all if `nil`.
    public var depth: Int?
    /// Whether symbolic links become links. Without, they are files that hold the path.
    public var symlinks: Bool
    /// Whether Git LFS puts files in the place of their pointers. The server of ``url`` has to have them.
    public var largeFiles: Bool
    public var timeout: Duration

    public init(
        url: String, credential: GitCredential = .none, commit: String, ref: String? = nil, origin: String? = nil,
        directory: String, depth: Int? = nil, symlinks: Bool = true, largeFiles: Bool = false,
        timeout: Duration = .seconds(600)
    ) {
        self.url = url
        self.credential = credential
        self.commit = commit
        self.ref = ref
        self.origin = origin
        self.directory = directory
        self.depth = depth
        self.symlinks = symlinks
        self.largeFiles = largeFiles
        self.timeout = timeout
    }

    /// Git's own folder in it.
    var repository: String { directory + "/.git" }

    /// The branch to be on, if any. Git has branches of these names and no command to be on one: `-x` is an option, `HEAD`
    /// the head.
    var branch: String? {
        name(below: "refs/heads/").flatMap { $0.hasPrefix("-") || $0 == "HEAD" || $0 == "@" ? nil : $0 }
    }

    /// The tag it is built for, if any.
    var tag: String? { name(below: "refs/tags/") }

    private func name(below folder: String) -> String? {
        ref.flatMap { $0.hasPrefix(folder) ? String($0.dropFirst(folder.count)) : nil }
    }

    /// The ref of the commit: where a clone has it, or one that is taken away again.
    var fetched: String { branch.map { "refs/remotes/origin/\($0)" } ?? "refs/slipway/fetched" }

    /// What a cache is for: the same of other checkouts begins where this one ends. Another depth would cut history
    /// elsewhere, and with each change between the two much would be fetched again.
    public var cacheKey: String { "\(commit.utf8.count == 64 ? "sha256" : "sha1") \(depth ?? 0) \(url)" }

    /// Where to fetch from, once everything that becomes an argument was looked at.
    func check(allowsFile: Bool) throws(GitError) -> RemoteAddress {
        let remote = try RemoteAddress(url, allowsFile: allowsFile)
        try RefName.check(commit: commit)
        if let ref, !GitRef.isCommit(ref) { try RefName.check(ref: ref) }
        if let origin { _ = try RemoteAddress(origin, allowsFile: true) }
        return remote
    }
}

extension GitProgram {
    /// Fetches one commit with the tags of its history and checks it out. No hook, filter or submodule of the repository has
    /// a part in it, and no credential stays behind.
    /// - Throws: ``GitError``.
    public func checkout(_ checkout: Checkout) async throws(GitError) {
        let remote = try checkout.check(allowsFile: allowsFile)
        try Self.initialize(checkout)
        try await fetch(checkout, from: remote)
        try await finish(checkout, from: remote)
    }

    /// Fetches the commit into a repository that ``initialize(_:)`` made.
    /// - Parameters:
    ///   - present: commits that are there already, each with all it needs.
    ///   - packed: whether even a few objects become a pack.
    func fetch(
        _ checkout: Checkout, from remote: RemoteAddress, beyond present: [String] = [], packed: Bool = false
    ) async throws(GitError) {
        var arguments = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules"]
        if let depth = checkout.depth { arguments.append("--depth=\(max(1, depth))") }
        arguments += present.map { "--negotiation-tip=\($0)" }
        // What is thrown away after its job need not survive a power cut.
        var configuration = [("core.fsync", "none")]
        if packed { configuration.append(("fetch.unpackLimit", "1")) }
        // A few commits of each line of history name it as well as all of them: the request stays a small one.
        if !present.isEmpty { configuration.append(("fetch.negotiationAlgorithm", "skipping")) }
        _ = try await run(
            arguments + ["--", remote.text, checkout.commit], in: checkout.directory, remote: remote,
            credential: checkout.credential, timeout: checkout.timeout, configuration: configuration,
            doing: "fetching \(checkout.commit) from \(remote)")
    }

    /// Makes the working tree of a commit that was fetched, and its refs what they are to be.
    func finish(_ checkout: Checkout, from remote: RemoteAddress) async throws(GitError) {
        // One writes files, the other refs.
        async let tags = Self.result { () async throws(GitError) in try await fetchTags(checkout, from: remote) }
        let files = await Self.result { () async throws(GitError) in try await checkOut(checkout, from: remote) }
        let refs = await tags
        try files.get()
        try refs.get()
    }

    private static func result(
        _ work: () async throws(GitError) -> Void
    ) async -> Result<Void, GitError> {
        do {
            return .success(try await work())
        } catch {
            return .failure(error)
        }
    }

    private func checkOut(_ checkout: Checkout, from remote: RemoteAddress) async throws(GitError) {
        var configuration = [("core.symlinks", checkout.symlinks ? "true" : "false")]
        if checkout.largeFiles {
            try await requireLFS()
            configuration += Self.largeFileFilter(remote)
        }
        let head = checkout.branch.map { ["-B", $0] } ?? ["--detach"]
        _ = try await run(
            ["checkout", "--quiet", "--force"] + head + [checkout.commit, "--"],
            in: checkout.directory, remote: checkout.largeFiles ? remote : nil,
            credential: checkout.largeFiles ? checkout.credential : .none, timeout: checkout.timeout,
            configuration: configuration, variables: ["GIT_LFS_SKIP_SMUDGE": checkout.largeFiles ? "0" : "1"],
            doing: "checking out \(checkout.commit)")
        if checkout.largeFiles { Self.settleIndex(checkout) }
    }

    /// A step's git may know no filter that tells a file from its pointer: what the index says of the files has to do, also
    /// where their owner or mode was changed.
    private static let trustingTheIndex = "\ttrustctime = false\n\tcheckstat = minimal\n"

    /// Makes an empty repository, as gitrepository-layout(5) has it: what `git init` would do, without a process.
    static func initialize(_ checkout: Checkout) throws(GitError) {
        let directory = checkout.directory
        let sha256 = checkout.commit.utf8.count == 64
        let format = sha256 ? "\trepositoryformatversion = 1\n" : "\trepositoryformatversion = 0\n"
        let extensions = sha256 ? "[extensions]\n\tobjectformat = sha256\n" : ""
        let origin = checkout.origin.map { address in
            let quoted = address.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            return "[remote \"origin\"]\n\turl = \"\(quoted)\"\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n"
        }
        let configuration =
            "[core]\n\(format)\tfilemode = true\n\tbare = false\n\tlogallrefupdates = true\n"
            + (checkout.largeFiles ? trustingTheIndex : "") + extensions + (origin ?? "")
        do {
            for folder in ["objects/info", "objects/pack", "refs/heads", "refs/tags"] {
                try FileManager.default.createDirectory(
                    atPath: "\(directory)/.git/\(folder)", withIntermediateDirectories: true)
            }
            try Data(configuration.utf8).write(to: URL(filePath: "\(directory)/.git/config"))
            try Data("ref: refs/heads/main\n".utf8).write(to: URL(filePath: "\(directory)/.git/HEAD"))
        } catch {
            throw GitError("the workspace cannot be made in \(directory)", of: error)
        }
    }
}

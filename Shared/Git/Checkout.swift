import FoundationEssentials

/// One commit to be had as a working tree.
public struct Checkout: Sendable {
    /// Such as a mirror's `http://sync:8081/shop/web.git`.
    public var url: String
    public var credential: GitCredential
    /// The whole commit id.
    public var commit: String
    /// The ref it is built for. Of `refs/heads/x` the branch `x` is checked out at the commit; else the head is detached.
    public var ref: String?
    /// A folder that does not exist yet or is empty.
    public var directory: String
    /// How many commits of history come along; all if `nil`.
    public var depth: Int?
    /// Whether symbolic links become links. Without, they are files that hold the path.
    public var symlinks: Bool
    public var timeout: Duration

    public init(
        url: String, credential: GitCredential = .none, commit: String, ref: String? = nil, directory: String,
        depth: Int? = nil, symlinks: Bool = true, timeout: Duration = .seconds(600)
    ) {
        self.url = url
        self.credential = credential
        self.commit = commit
        self.ref = ref
        self.directory = directory
        self.depth = depth
        self.symlinks = symlinks
        self.timeout = timeout
    }
}

extension GitProgram {
    /// Fetches one commit and checks it out. No hook, filter or submodule of the repository has a part in it, no
    /// credential stays behind, and the remote is not kept.
    /// - Throws: ``GitError``.
    public func checkout(_ checkout: Checkout) async throws(GitError) {
        let remote = try RemoteAddress(checkout.url, allowsFile: allowsFile)
        try RefName.check(commit: checkout.commit)
        var branch: String?
        if let ref = checkout.ref {
            try RefName.check(ref: ref)
            if ref.hasPrefix("refs/heads/") { branch = String(ref.dropFirst("refs/heads/".count)) }
        }
        try Self.initialize(checkout.directory, sha256: checkout.commit.utf8.count == 64)
        var fetch = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules"]
        if let depth = checkout.depth { fetch.append("--depth=\(max(1, depth))") }
        _ = try await run(
            fetch + ["--", remote.text, checkout.commit], in: checkout.directory, remote: remote,
            credential: checkout.credential, timeout: checkout.timeout,
            // What is thrown away after its job need not survive a power cut.
            configuration: [("core.fsync", "none")],
            doing: "fetching \(checkout.commit) from \(remote)")
        let head = branch.map { ["-B", $0] } ?? ["--detach"]
        _ = try await run(
            ["checkout", "--quiet", "--force"] + head + [checkout.commit, "--"],
            in: checkout.directory, timeout: checkout.timeout,
            configuration: [("core.symlinks", checkout.symlinks ? "true" : "false")],
            doing: "checking out \(checkout.commit)")
    }

    /// Makes an empty repository, as gitrepository-layout(5) has it: what `git init` would do, without a process.
    private static func initialize(_ directory: String, sha256: Bool) throws(GitError) {
        let format = sha256 ? "\trepositoryformatversion = 1\n" : "\trepositoryformatversion = 0\n"
        let extensions = sha256 ? "[extensions]\n\tobjectformat = sha256\n" : ""
        let configuration =
            "[core]\n\(format)\tfilemode = true\n\tbare = false\n\tlogallrefupdates = true\n\(extensions)"
        do {
            for folder in ["objects/info", "objects/pack", "refs/heads", "refs/tags"] {
                try FileManager.default.createDirectory(
                    atPath: "\(directory)/.git/\(folder)", withIntermediateDirectories: true)
            }
            try Data(configuration.utf8).write(to: URL(filePath: "\(directory)/.git/config"))
            try Data("ref: refs/heads/main\n".utf8).write(to: URL(filePath: "\(directory)/.git/HEAD"))
        } catch {
            throw GitError(.failed, "the workspace cannot be made in \(directory)", cause: "\(error)")
        }
    }
}

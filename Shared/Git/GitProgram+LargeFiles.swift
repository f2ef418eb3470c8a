extension GitProgram {
    /// - Throws: ``GitError/Code/failed`` where git-lfs is not installed.
    func requireLFS() async throws(GitError) {
        let version = try await output(["lfs", "version"])
        guard version.exitCode == 0 else {
            throw GitError(
                .failed, "the program git-lfs was not found; install it beside git (Debian: git-lfs)",
                cause: version.words)
        }
    }

    /// Where git-lfs asks for files: the repository's own server, whatever `.lfsconfig` says. A path has none, and over SSH
    /// the server itself tells.
    static func largeFileServer(_ remote: RemoteAddress) -> [(String, String)] {
        var configuration = [("lfs.skipdownloaderrors", "false"), ("lfs.concurrenttransfers", "4")]
        if remote.kind == .http {
            configuration.append(
                ("lfs.url", remote.text.hasSuffix(".git") ? "\(remote.text)/info/lfs" : "\(remote.text).git/info/lfs"))
        }
        return configuration
    }

    /// What makes a checkout put the files in the place of their pointers.
    static func largeFileFilter(_ remote: RemoteAddress) -> [(String, String)] {
        largeFileServer(remote) + [
            ("filter.lfs.process", "git-lfs filter-process"), ("filter.lfs.required", "true"),
            ("filter.lfs.smudge", "git-lfs smudge -- %f"), ("filter.lfs.clean", "git-lfs clean -- %f"),
        ]
    }
}

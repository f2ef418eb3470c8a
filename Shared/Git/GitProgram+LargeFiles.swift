import Contracts
import Glibc

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
        var configuration = [
            ("lfs.skipdownloaderrors", "false"), ("lfs.concurrenttransfers", "4"),
            ("lfs.transfer.maxretries", "3"),
        ]
        if let url = largeFileURL(remote) { configuration.append(("lfs.url", url)) }
        return configuration
    }

    private static func largeFileURL(_ remote: RemoteAddress) -> String? {
        guard remote.kind == .http else { return nil }
        return remote.text + (remote.text.hasSuffix(".git") ? "/info/lfs" : ".git/info/lfs")
    }

    /// How git-lfs signs in at a forge: by a credential helper for that server alone. A header would be sent beside the one
    /// that many forges give for a download, and two are refused.
    static func largeFileLogin(
        _ remote: RemoteAddress, _ credential: GitCredential
    ) throws(GitError) -> [(String, String)] {
        guard case .basic(let username, let password) = credential, let url = largeFileURL(remote) else { return [] }
        guard !"\(username)\(password)".contains(where: \.isNewline) else {
            throw GitError(.invalid, "the user or the token for \(remote) has a line break in it")
        }
        let scheme = url.prefix { $0 != ":" }
        let helper =
            "!f() { test \"$1\" = get && printf 'username=%s\\npassword=%s\\n' \"$SLIPWAY_GIT_USERNAME\" "
            + "\"$SLIPWAY_GIT_PASSWORD\"; }; f"
        return [("credential.\(scheme)://\(remote.host).helper", helper), ("lfs.\(url).access", "basic")]
    }

    /// What makes a checkout put the files in the place of their pointers.
    static func largeFileFilter(_ remote: RemoteAddress) -> [(String, String)] {
        largeFileServer(remote) + [
            ("filter.lfs.process", "git-lfs filter-process"), ("filter.lfs.required", "true"),
            ("filter.lfs.smudge", "git-lfs smudge -- %f"), ("filter.lfs.clean", "git-lfs clean -- %f"),
        ]
    }

    /// Makes the index younger than the files it lists. Of a file that is as young, git looks at the content, which
    /// without the filter is not the commit's.
    static func settleIndex(_ checkout: Checkout) {
        var now = timeval()
        gettimeofday(&now, nil)
        now.tv_sec += 1
        utimes(checkout.repository + "/index", [now, now])
    }
}

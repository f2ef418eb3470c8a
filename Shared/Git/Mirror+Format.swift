import Contracts
import FoundationEssentials
import Logging

extension Mirror {
    /// Makes it ready to fetch into: makes it in the server's object format if it is not there.
    /// - Throws: ``GitError``: `emptyRepository` where the server has no ref to tell the format by.
    func prepare(_ remote: RemoteAddress, _ source: FetchSource) async throws(GitError) {
        guard !exists else { return }
        try await make(sha256: try await isSHA256(remote, source))
    }

    /// Fetches; and where the server's repository turns out to be of the other object format, once more into a mirror
    /// that is made anew: such a repository shares no object with the one that was here.
    func withServersFormat<Value: Sendable>(
        _ remote: RemoteAddress, _ source: FetchSource, _ work: (RemoteAddress) async throws(GitError) -> Value
    ) async throws(GitError) -> Value {
        try await prepare(remote, source)
        do throws(GitError) {
            return try await work(remote)
        } catch {
            guard error.code == .objectFormat else { throw error }
            // Only the server is believed, never the length of an id that somebody sent.
            let sha256 = try await isSHA256(remote, source)
            program.logger.notice(
                "a mirror is created anew in the server's object format",
                metadata: ["path": "\(directory)", "format": "\(sha256 ? "sha256" : "sha1")"])
            do {
                try FileManager.default.removeItem(atPath: directory)
            } catch {
                throw GitError(.failed, "the mirror \(directory) cannot be removed", cause: "\(error)")
            }
            try await make(sha256: sha256)
        }
        return try await work(remote)
    }

    /// Whether the server's ids have 64 digits: any ref of it tells.
    private func isSHA256(_ remote: RemoteAddress, _ source: FetchSource) async throws(GitError) -> Bool {
        // A server sends only the one ref, and many have no commit at it.
        for patterns in [["HEAD"], []] {
            let output = try await program.run(
                ["ls-remote", "--quiet", "--", remote.text] + patterns, in: parent, remote: remote,
                credential: source.credential, outputLimit: 64 << 20, timeout: source.timeout,
                doing: "listing the refs of \(remote)")
            if let line = output.bytes.split(separator: UInt8(ascii: "\n")).first {
                return line.prefix { $0 != UInt8(ascii: "\t") }.count == 64
            }
        }
        throw try await nothing(at: remote, source)
    }

    /// Why a server has no ref: there is no commit yet, or it is no Git server. To git a page of one line is a list of no
    /// refs; the type of the answer tells.
    func nothing(at remote: RemoteAddress, _ source: FetchSource) async throws(GitError) -> GitError {
        let empty = GitError(.emptyRepository, "\(remote) has no commit yet")
        guard remote.kind == .http else { return empty }
        let output = try await program.output(
            ["ls-remote", "--quiet", "--", remote.text, "HEAD"], in: parent, remote: remote,
            credential: source.credential, timeout: source.timeout,
            variables: ["GIT_TRACE_CURL": "1", "GIT_TRACE_CURL_NO_DATA": "1"])
        if output.words.lowercased().contains("application/x-git-upload-pack-advertisement") { return empty }
        return GitError.diagnose("is this a git repository?", doing: "listing the refs of \(remote)")
    }
}

/// Redirects: git follows none with credentials, since it would send them wherever a server points.
extension Mirror {
    /// Fetches; and where the server has the repository at another address, from there.
    /// - Throws: ``GitError``: `redirected` with the address, where that is another server's.
    func followingRedirects<Value: Sendable>(
        _ remote: RemoteAddress, _ source: FetchSource, _ work: (RemoteAddress) async throws(GitError) -> Value
    ) async throws(GitError) -> Value {
        do throws(GitError) {
            return try await withServersFormat(remote, source, work)
        } catch {
            return try await withServersFormat(try await target(of: remote, source, after: error), source, work)
        }
    }

    /// The other address at which the server has the repository.
    /// - Parameter error: what came of the first.
    /// - Throws: ``GitError``: that one where it is of something else; `redirected` with the address, where that is another
    ///   server's.
    func target(
        of remote: RemoteAddress, _ source: FetchSource, after error: GitError
    ) async throws(GitError) -> RemoteAddress {
        guard error.code == .redirected, let target = try await redirection(of: remote, source) else { throw error }
        guard target != remote, target.isSameServer(as: remote) else {
            throw GitError(
                .redirected,
                "\(remote) redirects to \(target), and credentials are not sent there; register the repository with "
                    + "the address that answers, or see whether its server wants one to sign in",
                cause: error.cause)
        }
        return target
    }

    /// The repository's address that its server points to.
    private func redirection(
        of remote: RemoteAddress, _ source: FetchSource
    ) async throws(GitError) -> RemoteAddress? {
        let output = try await program.output(
            ["ls-remote", "--quiet", "--", remote.text, "HEAD"], in: parent, remote: remote,
            credential: source.credential, timeout: source.timeout,
            variables: ["GIT_TRACE_CURL": "1", "GIT_TRACE_CURL_NO_DATA": "1"])
        for line in output.words.split(whereSeparator: \.isNewline) {
            guard let mark = line.firstRange(of: "<= Recv header: ") else { continue }
            let header = line[mark.upperBound...].split(separator: ":", maxSplits: 1)
            guard header.count == 2, header[0].lowercased() == "location" else { continue }
            var target = String(header[1].filter { !$0.isWhitespace })
            if let end = target.firstRange(of: "/info/refs") { target = String(target[..<end.lowerBound]) }
            do {
                return try RemoteAddress(target)
            } catch {
                return nil
            }
        }
        return nil
    }
}

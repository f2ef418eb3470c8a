import Contracts
import FoundationEssentials
import Glibc
import Logging

/// Git LFS: the files a commit only points to. They are kept beside the mirror's objects, by their SHA-256.
extension Mirror {
    /// How long a file stays that nobody asks for, in seconds.
    private static let unusedLimit: TimeInterval = 14 * 24 * 3600

    /// Fetches the files a commit points to; git-lfs verifies each by its SHA-256.
    /// - Parameter limit: bytes of all together.
    /// - Throws: ``GitError``: `tooLarge`; `failed` where git-lfs is not installed.
    public func fetchLargeFiles(of commit: String, from source: FetchSource, limit: Int64) async throws(GitError) {
        try RefName.check(commit: commit)
        let remote = try RemoteAddress(source.url, allowsFile: program.allowsFile)
        try await program.requireLFS()
        let listed = try await program.run(
            ["lfs", "ls-files", "--debug", commit], in: directory, outputLimit: 64 << 20,
            doing: "listing the LFS files of \(commit)")
        let size = listed.text.split(separator: "\n").reduce(Int64(0)) { size, line in
            let words = line.split(separator: " ")
            guard words.count == 2, words[0] == "size:", let bytes = Int64(words[1]), bytes > 0 else { return size }
            return size.addingReportingOverflow(bytes).overflow ? .max : size + bytes
        }
        guard size <= limit else {
            throw GitError(
                .tooLarge, "the LFS files of \(commit) have \(size >> 20) MiB; \(limit >> 20) MiB are taken")
        }
        guard size > 0 else { return }
        removeUnusedLargeFiles()
        let address = remote.kind == .file && remote.text.hasPrefix("/") ? "file://\(remote.text)" : remote.text
        _ = try await program.run(
            ["lfs", "fetch", address, commit], in: directory, credential: source.credential, timeout: source.timeout,
            configuration: GitProgram.largeFileServer(remote)
                + (try GitProgram.largeFileLogin(remote, source.credential)),
            variables: source.credential.variables, doing: "fetching the LFS files of \(commit) from \(remote)")
    }

    /// The path of a file that was fetched and its size in bytes, or `nil` where it is not here. It counts as used.
    /// - Parameter id: its SHA-256.
    public func largeFile(_ id: String) -> (path: String, size: Int64)? {
        guard id.utf8.count == 64, GitRef.isCommit(id) else { return nil }
        let path = "\(directory)/lfs/objects/\(id.prefix(2))/\(id.dropFirst(2).prefix(2))/\(id)"
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        utimes(path, nil)
        return (path, Int64(status.st_size))
    }

    private func removeUnusedLargeFiles() {
        let folder = directory + "/lfs/objects"
        guard FileManager.default.fileExists(atPath: folder) else { return }
        do {
            for file in try FileManager.default.subpathsOfDirectory(atPath: folder) {
                var status = stat()
                let path = "\(folder)/\(file)"
                guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
                    Date().timeIntervalSince1970 - Double(status.st_mtim.tv_sec) > Self.unusedLimit
                else { continue }
                try FileManager.default.removeItem(atPath: path)
            }
        } catch {
            program.logger.warning("unused LFS files cannot be removed", metadata: ["error": "\(error)"])
        }
    }
}

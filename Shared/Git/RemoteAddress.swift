import Contracts

/// Where a repository is fetched from: an address that was looked at before Git sees it.
public struct RemoteAddress: Sendable, Hashable, CustomStringConvertible {
    private let url: CloneURL

    public var text: String { url.text }
    var kind: CloneURL.Kind { url.kind }
    /// The server, such as `git.example` or `git.example:8443`; for a path, the words for this machine.
    public var host: String { url.kind == .file ? "the local file system" : url.host }

    /// - Parameter allowsFile: whether a path or a `file://` address is taken. Never where others choose addresses.
    /// - Throws: ``GitError/Code/invalid`` for what is no `CloneURL`, or a path that is not taken.
    public init(_ text: String, allowsFile: Bool = false) throws(GitError) {
        do {
            url = try CloneURL(text)
        } catch {
            throw GitError(.invalid, "\(error)")
        }
        guard url.kind != .file || allowsFile else {
            throw GitError(.invalid, "repositories of the local file system are not allowed here")
        }
    }

    public var description: String { text }
}

/// Why Git could not do it.
public struct GitError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: String, Sendable, CaseIterable {
        /// The address, ref or commit given is none, or its protocol is not allowed here.
        case invalid
        /// The server refused the credentials, or asks for some.
        case authentication
        /// The server cannot be reached, or went away in the middle.
        case unreachable
        /// The server has too many requests (429) and wants to be asked later.
        case rateLimited
        /// The server's certificate is not one of an authority that is trusted here.
        case untrusted
        /// The server sends to another address, where the credentials must not go.
        case redirected
        /// What answers is no Git server: a page to sign in, most often.
        case notGit
        /// The server's repository is of the other object format (SHA-1, SHA-256) than what is here.
        case objectFormat
        /// The server has no such repository, or does not show it to these credentials.
        case repositoryNotFound
        /// The ref or the commit does not exist there.
        case refNotFound
        /// The repository has no commit yet.
        case emptyRepository
        /// The path does not exist at the commit, or is no file.
        case pathNotFound
        /// The answer is larger than the caller takes.
        case tooLarge
        /// It took longer than the caller waits.
        case timedOut
        /// Another process works on the same mirror for longer than it is waited for.
        case busy
        /// The disk of this machine is full.
        case noSpace
        /// The repository holds objects Git considers an attack (`.git` in a tree, a hostile submodule address).
        case unsafeObjects
        /// The task was cancelled.
        case cancelled
        /// Another failure; ``GitError/cause`` has Git's words.
        case failed
    }

    public var code: Code
    /// What went wrong and with what, in plain words.
    public var message: String
    /// The last lines Git wrote, without credentials.
    public var cause: String?

    public init(_ code: Code, _ message: String, cause: String? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    public var description: String {
        guard let cause, !cause.isEmpty else { return message }
        return "\(message) (git: \(cause))"
    }
}

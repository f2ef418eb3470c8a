import FoundationEssentials
import SystemPackage

extension GitError {
    /// What cannot be done with a file of this machine.
    init(_ message: String, of error: any Error) {
        let isOfDisk =
            (error as? CocoaError)?.code == .fileWriteOutOfSpace || error as? Errno == .noSpace
            || error as? Errno == .diskQuotaExceeded
        self.init(isOfDisk ? .noSpace : .failed, message, cause: "\(error)")
    }

    /// What a failed command's standard error says. Git has exit codes for little; its words in the C locale are what
    /// there is, in the order of how specific they are.
    static func diagnose(_ words: String, doing: String) -> GitError {
        let lines = words.lowercased()
        if lines.split(whereSeparator: \.isNewline).contains(where: isOfDisk) {
            return GitError(.noSpace, "\(doing) failed: the disk of this machine is full", cause: lastLines(of: words))
        }
        if let told = told.first(where: { lines.contains($0.sign) }) {
            return GitError(told.code, "\(doing) failed: \(told.reason)", cause: lastLines(of: words))
        }
        let code = signs.first { $0.signs.contains { lines.contains($0) } }?.code ?? .failed
        let reason = plain[code] ?? "git gave up"
        return GitError(code, "\(doing) failed: \(reason)", cause: lastLines(of: words))
    }

    /// Whether a line says that this machine's disk is full. What the server says does not count, nor does a name in which
    /// somebody says it: the system's words come last.
    private static func isOfDisk(_ line: Substring) -> Bool {
        !line.hasPrefix("remote:")
            && (line.hasSuffix(": no space left on device") || line.hasSuffix("out of diskspace"))
    }

    private static let signs: [(code: Code, signs: [String])] = [
        (
            .refNotFound,
            [
                "couldn't find remote ref", "not our ref", "unadvertised object", "bad revision", "unknown revision",
                "bad object", "no such ref", "invalid object name", "not a valid object name",
                "reference is not a tree", "did not send all necessary objects",
            ]
        ),
        // Some say it with 403 and in words.
        (.rateLimited, ["error: 429", "rate limit", "too many requests"]),
        (
            .untrusted,
            [
                "certificate problem", "certificate verification failed", "certificate verify failed",
                "self-signed certificate", "self signed certificate", "certificate subject name",
                "no alternative certificate subject name", "problem with the ssl ca cert",
                "error setting certificate",
            ]
        ),
        (
            .redirected,
            ["error: 301", "error: 302", "error: 303", "error: 307", "error: 308", "unable to update url base"]
        ),
        (
            .notGit,
            [
                "is this a git repository", "not valid: could not determine hash algorithm", "invalid server response",
                "invalid content-type",
            ]
        ),
        (
            .objectFormat,
            ["mismatched algorithms", "does not support this repository's object format", "unknown object format"]
        ),
        (.invalid, ["transport '", "is not a valid ref", "invalid refspec", "protocol '"]),
        (
            .unsafeObjects,
            [
                "fsck error in packed object", "fsck error", "gitmodulesurl", "hasdotgit", "hasdotdot", "nullsha1",
                "invalid path '",
            ]
        ),
        (
            .authentication,
            [
                "authentication failed", "could not read username", "could not read password", "access denied",
                "error: 401", "error: 403", "permission denied (",
                "terminal prompts disabled",
            ]
        ),
        (.repositoryNotFound, ["repository '", "error: 404", "not found", "does not appear to be a git repository"]),
        (
            .unreachable,
            [
                "could not resolve host", "failed to connect", "couldn't connect", "connection refused",
                "connection timed out", "connection reset", "connection was reset", "unable to access", "early eof",
                "rpc failed", "the remote end hung up", "empty reply from server",
                "network is unreachable", "no route to host", "unexpected disconnect", "error: 5",
            ]
        ),
    ]

    /// Signs that say more than their code.
    private static let told: [(sign: String, code: Code, reason: String)] = [
        (
            "operation too slow", .unreachable,
            "the server sent nothing for longer than SLIPWAY_SYNC_IDLE_TIMEOUT"
        ),
        (
            "host key verification failed", .untrusted,
            "the server's SSH key is not known here, or is not the one that was known; check it, and name a file with it, "
                + "as ssh-keyscan writes one, with SLIPWAY_SSH_KNOWN_HOSTS"
        ),
        (
            "permission denied (publickey", .authentication,
            "the server refused the SSH key, or there is none; name one that may read the repository with SLIPWAY_SSH_KEY"
        ),
        (
            "git-lfs-authenticate", .failed,
            "the server gives no LFS files over SSH, for it has no working git-lfs-authenticate; register the repository "
                + "with its https address"
        ),
        ("cannot run ssh", .failed, "this machine has no ssh; install openssh-client"),
    ]

    private static let plain: [Code: String] = [
        .refNotFound: "the ref or commit does not exist there",
        .invalid: "the address or the ref is not allowed",
        .unsafeObjects: "the repository holds objects that Git refuses as unsafe or broken",
        .authentication: "the server refused the credentials, or there are none",
        .repositoryNotFound: "the server has no such repository, or hides it from these credentials",
        .unreachable: "the server cannot be reached",
        .rateLimited: "the server takes no more requests for now (429 Too Many Requests, or a rate limit in its words)",
        .untrusted:
            "the server's TLS certificate is not trusted here; name its certificate authority with SLIPWAY_CA_FILE",
        .redirected:
            "the server redirects to another address or to a page to sign in, and credentials are not sent there; register "
            + "the repository with the address that answers",
        .notGit:
            "a web page answers in place of Git, such as one to sign in; check the address, and that the token is valid",
        .objectFormat: "the server's repository has another object format (SHA-1 or SHA-256)",
    ]

    private static func lastLines(of words: String) -> String {
        words.split(whereSeparator: \.isNewline).suffix(6).joined(separator: "; ")
    }
}

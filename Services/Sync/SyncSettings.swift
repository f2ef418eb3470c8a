import Git
import Glibc
import Runtime
import Text
import WebServer

/// The settings of sync beside `CommonSettings`.
enum SyncSettings {
    static let listen = Setting<ListenAddress>.listen(
        "listen", "where mirrors are served", default: ListenAddress(host: "0.0.0.0", port: 8081))
    static let mirrorURL = Setting<String>(
        "mirror.url", "the address builders reach this service by; its listening address if not set",
        example: "http://sync:8081"
    ) { text in
        guard text.hasPrefix("http://") || text.hasPrefix("https://") else {
            throw SettingProblem(expected: "an http or https address")
        }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }
    static let allowsFile = Setting<Bool>.flag(
        "allow.file.repositories", "whether repositories of the local file system may be fetched", default: false)
    static let concurrency = Setting<Int>.integer(
        "sync.concurrency", "how many repositories are fetched at a time", example: "16", default: 16, in: 1...256)
    static let hostConcurrency = Setting<Int>.integer(
        "sync.host.concurrency", "how many of them from one host", example: "8", default: 8, in: 1...256)
    static let timeout = Setting<Duration>.duration(
        "sync.timeout", "how long one fetch may take", example: "10m", default: .seconds(600))
    static let idleTimeout = Setting<Duration>.duration(
        "sync.idle.timeout", "how long a Git server may send nothing, as while it makes a large pack", example: "5m",
        default: .seconds(300))
    static let largeFileLimit = Setting<Int>.integer(
        "lfs.limit", "how many MiB the Git LFS files of one commit may have", example: "20480", default: 10_240,
        in: 1...(1 << 30))
    static let sshKey = Setting<String>.text(
        "ssh.key",
        "a file with the private key that repositories with ssh addresses are fetched with, without a passphrase; the "
            + "keys of its user and of its agent if not set",
        example: "/run/secrets/ssh-key")
    static let sshKnownHosts = Setting<String>.text(
        "ssh.known.hosts",
        "a file with the keys of the servers with ssh addresses, as ssh-keyscan writes it; that of its user if not set",
        example: "/etc/slipway/known_hosts")
    static let git = Setting<String>.text("git", "the git program", example: "/usr/bin/git", default: "git")

    static let all: [any AnySetting] = [
        listen, mirrorURL, allowsFile, concurrency, hostConcurrency, timeout, idleTimeout, largeFileLimit, sshKey,
        sshKnownHosts, git,
        CommonSettings.data, CommonSettings.diskFloor, CommonSettings.sealKeys, CommonSettings.mirrorKey,
        CommonSettings.certificateAuthority,
        CommonSettings.tlsCertificateFile, CommonSettings.tlsKeyFile,
    ]

    /// - Throws: `SettingsError` for a file that ssh would pass over without a word.
    static func ssh(_ settings: Settings) throws -> SSHAccess {
        let access = SSHAccess(key: try settings.optional(sshKey), knownHosts: try settings.optional(sshKnownHosts))
        for (setting, file) in [(sshKey, access.key), (sshKnownHosts, access.knownHosts)] {
            guard let file, Glibc.access(file, R_OK) != 0 else { continue }
            throw SettingsError(
                setting: setting.variable,
                message: "the file \(file) cannot be read: \(String(cString: strerror(errno)))",
                remedy: "name a file that this service's user may read")
        }
        var status = stat()
        if let key = access.key, stat(key, &status) == 0, status.st_uid == getuid(), status.st_mode & 0o077 != 0 {
            throw SettingsError(
                setting: sshKey.variable, message: "others may read the private key \(key), so ssh does not use it",
                remedy: "chmod 600 \(ShellWord.quote(key))")
        }
        return access
    }
}

import Runtime

/// The settings of sync beside ``CommonSettings``.
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
    static let git = Setting<String>.text("git", "the git program", example: "/usr/bin/git", default: "git")

    static let all: [any AnySetting] = [
        listen, mirrorURL, allowsFile, concurrency, hostConcurrency, timeout, idleTimeout, largeFileLimit, git,
        CommonSettings.data, CommonSettings.sealKeys, CommonSettings.mirrorKey, CommonSettings.certificateAuthority,
    ]
}

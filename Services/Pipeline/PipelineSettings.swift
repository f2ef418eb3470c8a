import Runtime

/// The settings of this service beside those all have.
enum PipelineSettings {
    static let listen = Setting<ListenAddress>.listen(
        "listen", "where the API and the pages are served", default: ListenAddress(host: "127.0.0.1", port: 8082))
    static let publicURL = Setting<String>.text(
        "public.url", "where people reach the API and the pages; http://<listen> if absent",
        example: "https://slipway.example")
    static let hooksURL = Setting<String>.text(
        "hooks.url", "where forges reach the webhook gateway, for the address shown to people",
        example: "https://hooks.example")
    static let lease = Setting<Int>.integer(
        "lease.seconds", "how long a worker may be silent before its job goes to another", example: "30", default: 30,
        in: 2...3600)
    static let timeLimit = Setting<Int>.integer(
        "job.timeout", "how many seconds a job may take where its pipeline does not say", example: "3600",
        default: 3600, in: 1...604_800)

    static let all: [any AnySetting] = [
        listen, publicURL, hooksURL, lease, timeLimit, CommonSettings.data, CommonSettings.sealKeys,
        CommonSettings.mirrorKey, CommonSettings.hookKey, CommonSettings.trustedProxies,
    ]
}

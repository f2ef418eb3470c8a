import Runtime
import WebServer

/// The settings of the gateway beside `CommonSettings`.
enum GatewaySettings {
    static let listen = Setting<ListenAddress>.listen(
        "listen", "where hooks are taken", default: ListenAddress(host: "0.0.0.0", port: 8080))

    /// A push hook lists the files of up to twenty commits: 8 KiB is usual, a first push of a large tree has a few
    /// MiB. A hook that is refused is not sent again, so the limit is far above what is usual; what keeps memory
    /// bounded is ``BodyLimit/budget``.
    static let bodyLimit = Setting<Int>.integer(
        "hook.limit", "the largest hook that is taken, in bytes", example: "8388608", default: 8 << 20,
        in: 1_024...(64 << 20))

    static let secrets = Setting<GroupSecrets>(
        "hook.secrets",
        "secrets that whole groups of repositories share, beside the token each has; whsec_… is a signing secret",
        example: "shop=<secret>,tools/ci=whsec_<base64>", default: GroupSecrets(), secret: true
    ) { text in
        try GroupSecrets(text)
    }

    /// Who learnt a token, for it travels in every request, sends hooks with it as long as one is taken.
    static let signed = Setting<SignedRepositories>(
        "hook.signed",
        "the repositories whose hooks have to be signed and never come with a token alone: paths and groups, or * for "
            + "all; those of a group with a signing secret have to without it",
        example: "shop,tools/ci", default: SignedRepositories()
    ) { text in
        try SignedRepositories(text)
    }

    static let all: [any AnySetting] = [
        listen, bodyLimit, secrets, signed, CommonSettings.hookKey, CommonSettings.data, CommonSettings.diskFloor,
        CommonSettings.trustedProxies,
        CommonSettings.tlsCertificateFile, CommonSettings.tlsKeyFile,
    ]
}

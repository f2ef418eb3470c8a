import DockerEngine
import FoundationEssentials
import Runtime

/// The deployer's own settings.
enum DeployerSettings {
    static let kubeconfig = Setting<String>.text(
        "kubeconfig", "the kubeconfig of the default cluster; without one the cluster the deployer runs in",
        example: "/etc/slipway/production.kubeconfig")
    static let clusters = Setting<[ClusterSetting]>(
        "clusters", "more clusters and hosts, as name=kubeconfig; a name alone is a Docker host",
        example: "staging=/etc/slipway/staging.kubeconfig", default: []
    ) { text in
        var clusters: [ClusterSetting] = []
        for entry in text.split(separator: ",") {
            guard let cluster = ClusterSetting(String(entry)), !clusters.contains(where: { $0.name == cluster.name })
            else {
                throw SettingProblem(expected: "a list of name=kubeconfig, each name once, of letters, digits and -")
            }
            clusters.append(cluster)
        }
        return clusters
    }
    static let slots = Setting<Int>.integer(
        "slots", "how many rollouts of one cluster at a time", example: "8", default: 8, in: 1...256)
    static let timeout = Setting<Duration>.duration(
        "rollout.timeout", "how long a rollout may take that sets no timeout", example: "10m",
        default: .seconds(600))
    static let plainRegistries = Setting<[String]>.list(
        "registries.plain", "registries (host:port) spoken to without TLS, besides those on loopback",
        example: "registry:5000", default: [])
    static let tokenRealms = Setting<TokenRealms>(
        "registries.realms",
        "hosts where registries have their token services, as registry=host: logins go to the registry's own host and to "
            + "none else",
        example: "registry.example=gitlab.example"
    ) { text in
        guard let realms = TokenRealms(text.split(separator: ",").map { String($0.filter { !$0.isWhitespace }) }) else {
            throw SettingProblem(expected: "a list of registry=host")
        }
        return realms
    }

    static let all: [any AnySetting] =
        [
            CommonSettings.data, CommonSettings.sealKeys, CommonSettings.certificateAuthority, kubeconfig, clusters,
            slots, timeout, plainRegistries, tokenRealms, CommonSettings.logBrokerURL,
        ] + RolloutTargets.all.flatMap { $0.settings }
}

extension DeployerSettings {
    static let defaultCluster = "default"

    /// All clusters and hosts this deployer serves. The default one is served unless only others are named.
    static func targets(_ settings: Settings) throws(SettingsError) -> [ClusterSetting] {
        var targets = try settings.value(clusters)
        let path = try settings.optional(kubeconfig)
        if !targets.contains(where: { $0.name == defaultCluster }), path != nil || targets.isEmpty {
            targets.insert(ClusterSetting(name: defaultCluster, kubeconfig: path), at: 0)
        }
        return targets
    }
}

import Containers
import Contracts
import Runtime

/// The deployer's own settings.
enum DeployerSettings {
    /// What an address is, every kind of target says for itself.
    static let clusters = Setting<[ClusterSetting]>(
        "clusters",
        "more clusters and hosts, as name or name=address: "
            + RolloutTargets.all.map { $0.address }.joined(separator: ", "),
        example: "host,staging=/etc/slipway/staging.kubeconfig", default: []
    ) { text in
        var clusters: [ClusterSetting] = []
        for entry in text.split(separator: ",") {
            guard let cluster = ClusterSetting(String(entry)), !clusters.contains(where: { $0.name == cluster.name })
            else {
                throw SettingProblem(expected: "a list of name=address, each name once, of letters, digits and -")
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

    /// The jobs it takes for one of its clusters or hosts.
    static func scope(_ cluster: ClusterSetting, _ settings: Settings) throws(SettingsError) -> WorkerScope {
        WorkerScope(pool: try settings.value(PoolSetting.pool), cluster: cluster.name)
    }

    static let all: [any AnySetting] =
        [
            PoolSetting.pool, CommonSettings.data, CommonSettings.sealKeys, CommonSettings.certificateAuthority,
            clusters, slots, timeout,
            CommonSettings.logBrokerURL,
        ] + RegistrySettings.all + RolloutTargets.all.flatMap { $0.settings }
}

extension DeployerSettings {
    static let defaultCluster = "default"

    /// All clusters and hosts this deployer serves. The default one is served unless only others are named.
    static func targets(_ settings: Settings) throws(SettingsError) -> [ClusterSetting] {
        var targets = try settings.value(clusters)
        guard !targets.contains(where: { $0.name == defaultCluster }) else { return targets }
        var isDefaultServed = targets.isEmpty
        for setting in RolloutTargets.all.compactMap({ $0.defaultAddress }) where try settings.optional(setting) != nil
        {
            isDefaultServed = true
        }
        if isDefaultServed { targets.insert(ClusterSetting(name: defaultCluster, address: nil), at: 0) }
        return targets
    }
}

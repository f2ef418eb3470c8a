import Containers
import Contracts
import DockerEngine
import HTTPClient
import Kubernetes
import Logging
import Runtime
import Testing

@testable import Deployer

@Suite struct DeployerSettingsTests {
    @Test func clusters() {
        #expect(ClusterSetting("staging=/etc/k") == ClusterSetting(name: "staging", address: "/etc/k"))
        #expect(ClusterSetting("host-1") == ClusterSetting(name: "host-1", address: nil))
        #expect(ClusterSetting("a b=/x")?.name == "ab")
        #expect(ClusterSetting("=x") == nil)
        #expect(ClusterSetting("a.b=x") == nil)
    }

    @Test(
        "the default place is served where a target has its address, and where no other is named",
        arguments: [
            ([:], ["default"]), (["SLIPWAY_KUBECONFIG": "/a"], ["default"]),
            (["SLIPWAY_CLUSTERS": "host,b=/b"], ["host", "b=/b"]),
            (["SLIPWAY_CLUSTERS": "b=/b", "SLIPWAY_KUBECONFIG": "/a"], ["default", "b=/b"]),
            (["SLIPWAY_CLUSTERS": "default=/d", "SLIPWAY_KUBECONFIG": "/a"], ["default=/d"]),
        ] as [([String: String], [String])])
    func targets(_ environment: [String: String], _ expected: [String]) async throws {
        let settings = try await Settings(arguments: [], environment: environment)
        #expect(try DeployerSettings.targets(settings).map(\.description) == expected)
    }

    @Test("a deployer takes the jobs of its pool alone, and a wrong name of one is told")
    func pool() async throws {
        let cluster = try #require(ClusterSetting("east"))
        let usual = try await Settings(arguments: [], environment: [:])
        #expect(try DeployerSettings.scope(cluster, usual) == WorkerScope(cluster: "east"))
        let own = try await Settings(arguments: [], environment: ["SLIPWAY_POOL": "payments"])
        #expect(try DeployerSettings.scope(cluster, own) == WorkerScope(pool: "payments", cluster: "east"))
        let wrong = try await Settings(arguments: [], environment: ["SLIPWAY_POOL": "a b"])
        let error = #expect(throws: SettingsError.self) { try DeployerSettings.scope(cluster, wrong) }
        #expect(error?.description.contains("SLIPWAY_POOL") == true)
    }

    @Test(
        "a kubeconfig that cannot be read is told by the setting that names it",
        arguments: [
            ("default", nil, true, "SLIPWAY_KUBECONFIG: ", "/of/default"),
            ("default", "/of/entry", true, "SLIPWAY_CLUSTERS: ", "/of/entry"),
            ("b", "/of/entry", false, "SLIPWAY_CLUSTERS: ", "/of/entry"),
        ] as [(String, String?, Bool, String, String)])
    func kubeconfig(
        _ name: String, _ address: String?, _ isDefault: Bool, _ setting: String, _ path: String
    ) async throws {
        let place = try await place(ClusterSetting(name: name, address: address), isDefault: isDefault)
        let error = try #require(throws: SettingsError.self) { try KubernetesTarget(place) }
        #expect(error.message.hasPrefix(setting) && error.message.contains(path), "\(error)")
    }

    @Test("a place that is not the default one takes no kubeconfig that is not its own")
    func host() async throws {
        let place = try await place(ClusterSetting(name: "host", address: nil), isDefault: false)
        #expect(try KubernetesTarget(place).namespace == nil)
    }

    @Test("every kind of target says in the help what an address is to it")
    func help() {
        for target in RolloutTargets.all {
            #expect(DeployerSettings.clusters.summary.contains(target.address))
            for setting in target.settings { #expect(DeployerSettings.all.contains { $0.key == setting.key }) }
        }
        #expect(Set(DeployerSettings.all.map(\.key)).count == DeployerSettings.all.count)
    }

    private func place(_ cluster: ClusterSetting, isDefault: Bool) async throws -> RolloutPlace {
        let settings = try await Settings(arguments: [], environment: ["SLIPWAY_KUBECONFIG": "/of/default"])
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let http = HTTPClient(logger: logger)
        return RolloutPlace(
            cluster: cluster, isDefault: isDefault, variable: DeployerSettings.clusters.variable, settings: settings,
            timeout: .seconds(1), worker: "w", http: http,
            registry: try RegistryClient(settings, client: http, authorities: nil), logger: logger)
    }

    @Test("what registries are asked with")
    func registries() async throws {
        let settings = try await Settings(
            arguments: [],
            environment: [
                "SLIPWAY_REGISTRIES_PLAIN": "a:5000, b:80", "SLIPWAY_REGISTRIES_REALMS": "r.example = auth.example",
            ])
        #expect(try settings.value(RegistrySettings.plainHosts) == ["a:5000", "b:80"])
        #expect(try settings.optional(RegistrySettings.tokenRealms) == TokenRealms(["r.example=auth.example"]))
        let wrong = try await Settings(arguments: [], environment: ["SLIPWAY_REGISTRIES_REALMS": "r.example"])
        #expect(throws: SettingsError.self) { try wrong.optional(RegistrySettings.tokenRealms) }
    }
}

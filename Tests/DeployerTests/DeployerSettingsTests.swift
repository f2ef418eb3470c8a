import Testing

@testable import Deployer

@Suite struct DeployerSettingsTests {
    @Test func clusters() {
        #expect(ClusterSetting("staging=/etc/k") == ClusterSetting(name: "staging", kubeconfig: "/etc/k"))
        #expect(ClusterSetting("host-1") == ClusterSetting(name: "host-1", kubeconfig: nil))
        #expect(ClusterSetting("a b=/x")?.name == "ab")
        #expect(ClusterSetting("=x") == nil)
        #expect(ClusterSetting("a.b=x") == nil)
    }
}

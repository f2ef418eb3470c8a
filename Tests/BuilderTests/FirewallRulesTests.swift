import Glibc
import Runtime
import SystemPackage
import TestSupport
import Testing

@testable import Builder

@Suite struct FirewallRulesTests {
    @Test func oneTableTakesThePlaceOfTheOneBefore() {
        let rules = FirewallRules(name: "shop", networks: ["172.30.171.0/24"], ports: [5672, 8082])
        let text = rules.text
        #expect(text.hasPrefix("table inet slipway_shop\ndelete table inet slipway_shop\ntable inet slipway_shop {\n"))
        #expect(text.contains("elements = { 169.254.0.0/16, 100.100.100.200, 168.63.129.16, 172.30.171.0/24 }"))
        #expect(text.contains("iifname \"slw-*\" tcp dport { 5672, 8082 } reject with tcp reset"))
        #expect(!FirewallRules(name: "shop").text.contains("with tcp reset"))
        // Names are asked for before anything is refused, and at no address of the services.
        let metadata = "169.254.0.0/16, 100.100.100.200, 168.63.129.16"
        let first = ["udp", "tcp"].map { "        ip daddr { \(metadata) } \($0) dport 53 accept\n" }.joined()
        let refused = """
                    ip daddr @refused reject
                    ip6 daddr { fe80::a9fe:a9fe, fd00:ec2::254 } reject

            """
        #expect(text.contains("    chain steps {\n\(first)\(refused)    }\n"), "\(text)")
        // What goes through this machine, and what goes to itself.
        for hook in ["forward", "input"] {
            let chain = "type filter hook \(hook) priority filter - 1\n        iifname \"slw-*\" jump steps\n"
            #expect(text.contains("    chain \(hook) {\n        \(chain)"), "\(text)")
        }
    }

    @Test func interfacesBearTheNameThatRulesLookFor() {
        let names = (0..<100).compactMap { _ in StepNetwork.options()["com.docker.network.bridge.name"] }
        #expect(Set(names).count == 100)
        // The kernel takes no longer one.
        #expect(names.allSatisfy { $0.hasPrefix("slw-") && $0.utf8.count == 15 })
    }

    @Test func networksAndPortsAreChecked() async throws {
        func networks(_ text: String) async throws -> [String]? {
            try await Settings(arguments: [], environment: ["SLIPWAY_NETWORKS": text]).optional(
                FirewallCommand.networks)
        }
        #expect(try await networks("10.0.0.1, 10.1.0.0/16") == ["10.0.0.1", "10.1.0.0/16"])
        for wrong in ["10.0.0", "10.0.0.256", "10.0.0.0/33", "rabbit", "10.0.0.1 }; flush ruleset; {", "::1"] {
            await #expect(throws: SettingsError.self, "\(wrong)") { try await networks(wrong) }
        }
        let ports = try await Settings(arguments: [], environment: ["SLIPWAY_PORTS": "0"])
        #expect(throws: SettingsError.self) { try ports.optional(FirewallCommand.ports) }
        let name = try await Settings(arguments: [], environment: ["SLIPWAY_NAME": "a b"])
        #expect(throws: SettingsError.self) { try name.optional(FirewallCommand.name) }
    }

    @Test func aBuilderRemarksWhereNobodyKeepsTheRules() async throws {
        try await withTemporaryDirectory { directory in
            let mark = directory.appending("mark")
            #expect(FirewallMark.problem(nil)?.contains("SLIPWAY_DOCKER_FIREWALL") == true)
            #expect(FirewallMark.problem(mark)?.contains("there is no \(mark)") == true)
            _ = try await runTool("touch", [mark.string])
            #expect(FirewallMark.problem(mark) == nil)
            _ = try await runTool("touch", ["-d", "-5 minutes", mark.string])
            #expect(FirewallMark.problem(mark)?.contains("were last seen 30") == true)
        }
    }
}

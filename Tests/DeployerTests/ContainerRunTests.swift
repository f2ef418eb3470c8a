import DockerEngine
import PipelineLanguage
import Testing
import Worker

@testable import Deployer

@Suite struct ContainerRunTests {
    @Test func portsAndVolumesAsTheyAreWritten() throws {
        let run = ContainerRun(
            ports: ["80", "127.0.0.1:53:5353/udp", "[::1]:8000-8001:80-81"], volumes: ["/srv:/data:ro", "data:/more"])
        let specification = try run.specification(image: "web", environment: [:])
        #expect(
            specification.ports == [
                .init(container: 80, host: nil),
                .init(container: 5353, host: 53, address: "127.0.0.1", transport: "udp"),
                .init(container: 80, host: 8000, address: "::1"), .init(container: 81, host: 8001, address: "::1"),
            ])
        #expect(
            specification.mounts == [
                .bind(source: "/srv", path: "/data", readOnly: true), .volume(name: "data", path: "/more"),
            ])
        for wrong in [
            ContainerRun(ports: ["80:web"]), ContainerRun(volumes: ["data:/data:Z"]), ContainerRun(aliases: ["a b"]),
        ] {
            #expect(throws: JobFailure.self) { try wrong.specification(image: "web", environment: [:]) }
        }
    }

    @Test func everythingAsItIsWritten() throws {
        let run = ContainerRun(
            network: "front", networks: ["back", "front"], aliases: ["shop", "api.shop", "shop"],
            entrypoint: ["/serve"], command: ["--port", "80"],
            user: "1000:1000", labels: ["traefik.enable": "true"], memory: 64 << 20, init: false,
            logging: .init(driver: "json-file", options: ["max-size": "10m"]),
            healthCheck: .init(command: ["/ok"], interval: 5, retries: 2), stopSignal: "SIGQUIT", stopGracePeriod: 90)
        let specification = try run.specification(image: "web", environment: ["A": "b"])
        #expect(specification.network == "front")
        #expect(specification.moreNetworks == ["back"])
        #expect(specification.aliases == ["shop", "api.shop"])
        #expect(specification.entrypoint == ["/serve"])
        #expect(specification.command == ["--port", "80"])
        #expect(specification.user == "1000:1000")
        #expect(specification.labels == ["traefik.enable": "true"])
        #expect(specification.memoryLimit == 64 << 20)
        #expect(!specification.usesInit)
        #expect(specification.stopSignal == "SIGQUIT" && specification.stopTimeout == 90)
        #expect(specification.logging == .driver("json-file", options: ["max-size": "10m"]))
        #expect(
            specification.healthCheck
                == .command(["/ok"], interval: 5, timeout: nil, startPeriod: nil, retries: 2))
        let plain = try ContainerRun(healthCheck: .init()).specification(image: "web", environment: [:])
        #expect(plain.healthCheck == ContainerSpecification.HealthCheck.none)
    }

    @Test func theHostsNetworkOnlyWhereItIsAllowed() throws {
        let run = ContainerRun(ports: ["80:80"], network: "host")
        let error = #expect(throws: JobFailure.self) { try run.specification(image: "web", environment: [:]) }
        #expect(error?.reason.contains("SLIPWAY_DOCKER_TRUSTED") == true)
        let allowed = try run.specification(image: "web", environment: [:], allowsHostNetwork: true)
        #expect(allowed.network == "host")
        // The engine refuses ports there.
        #expect(allowed.ports.isEmpty)
        for (network, networks) in [("container:db", []), ("host", ["front"]), ("none", ["front"])] {
            #expect(throws: JobFailure.self) {
                try ContainerRun(network: network, networks: networks)
                    .specification(image: "web", environment: [:], allowsHostNetwork: true)
            }
        }
        #expect(throws: JobFailure.self) {
            try ContainerRun(labels: ["slipway.dev/sequence": "99"]).specification(image: "web", environment: [:])
        }
    }

    @Test func whatItIsMadeOfIsToldByADigest() throws {
        func fingerprint(_ run: ContainerRun, _ environment: [String: String] = ["A": "b"]) throws -> String {
            try Fingerprint.of(try run.specification(image: "web@sha256:1", environment: environment))
        }
        let one = try fingerprint(ContainerRun(networks: ["a", "b"], labels: ["x": "1", "y": "2"]))
        #expect(one.count == 64)
        #expect(try fingerprint(ContainerRun(networks: ["a", "b"], labels: ["y": "2", "x": "1"])) == one)
        // How it is probed, and for how long the old one goes on, changes no container.
        #expect(
            try fingerprint(
                ContainerRun(networks: ["a", "b"], labels: ["x": "1", "y": "2"], drain: 9, health: Probe(port: 80)))
                == one)
        for other in [
            ContainerRun(networks: ["a", "c"], labels: ["x": "1", "y": "2"]),
            ContainerRun(networks: ["a", "b"], labels: ["x": "1"]),
            ContainerRun(networks: ["a", "b"], aliases: ["shop"], labels: ["x": "1", "y": "2"]),
            ContainerRun(networks: ["a", "b"], labels: ["x": "1", "y": "2"], memory: 1 << 30),
        ] { #expect(try fingerprint(other) != one) }
        #expect(try fingerprint(ContainerRun(networks: ["a", "b"], labels: ["x": "1", "y": "2"]), [:]) != one)
    }
}

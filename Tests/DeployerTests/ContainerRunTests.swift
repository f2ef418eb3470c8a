import DockerEngine
import PipelineLanguage
import Testing
import Worker

@testable import Deployer

@Suite struct ContainerRunTests {
    @Test func portsAndVolumesAsTheyAreWritten() throws {
        #expect(try ContainerRun.port("80") == .init(container: 80, host: nil))
        #expect(try ContainerRun.port("8080:80") == .init(container: 80, host: 8080))
        #expect(
            try ContainerRun.port("127.0.0.1:53:5353/udp")
                == .init(container: 5353, host: 53, address: "127.0.0.1", transport: "udp"))
        #expect(try ContainerRun.port("[::1]:8080:80") == .init(container: 80, host: 8080, address: "::1"))
        for wrong in ["", "web", "80:web", "0:80", "70000:80", "8080:80/ftp"] {
            #expect(throws: JobFailure.self) { try ContainerRun.port(wrong) }
        }
        #expect(try ContainerRun.mount("/srv:/data:ro") == .bind(source: "/srv", path: "/data", readOnly: true))
        #expect(try ContainerRun.mount("data:/data") == .volume(name: "data", path: "/data", readOnly: false))
        for wrong in ["/srv", "data:relative", "a:/b:rx", ":/data"] {
            #expect(throws: JobFailure.self) { try ContainerRun.mount(wrong) }
        }
    }

    @Test func everythingAsItIsWritten() throws {
        let run = ContainerRun(
            network: "front", networks: ["back", "front"], entrypoint: ["/serve"], command: ["--port", "80"],
            user: "1000:1000", labels: ["traefik.enable": "true"], memory: 64 << 20, init: false,
            logging: .init(driver: "json-file", options: ["max-size": "10m"]),
            healthCheck: .init(command: ["/ok"], interval: 5, retries: 2))
        let specification = try run.specification(image: "web", environment: ["A": "b"])
        #expect(specification.network == "front")
        #expect(specification.moreNetworks == ["back"])
        #expect(specification.entrypoint == ["/serve"])
        #expect(specification.command == ["--port", "80"])
        #expect(specification.user == "1000:1000")
        #expect(specification.labels == ["traefik.enable": "true"])
        #expect(specification.memoryLimit == 64 << 20)
        #expect(!specification.usesInit)
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
            ContainerRun(networks: ["a", "b"], labels: ["x": "1", "y": "2"], memory: 1 << 30),
        ] { #expect(try fingerprint(other) != one) }
        #expect(try fingerprint(ContainerRun(networks: ["a", "b"], labels: ["x": "1", "y": "2"]), [:]) != one)
    }
}

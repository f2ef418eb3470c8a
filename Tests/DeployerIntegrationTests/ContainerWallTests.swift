import Contracts
import DockerEngine
import Foundation
import HTTPClient
import Logging
import PipelineLanguage
import TestSupport
import Testing
import Worker

@testable import Deployer

/// What a repository cannot get past on a real Docker Engine, whatever the platform let: names of networks, labels that its
/// image brings, folders that change.
@Suite(.serialized, .timeLimit(.minutes(3))) struct ContainerWallTests {
    private struct Host: Sendable {
        let engine: DockerEngine
        let http: HTTPClient
        let service = "test-\(String(UInt64.random(in: .min ... .max), radix: 36))"
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

        func replacement(
            _ image: String, _ run: ContainerRun = ContainerRun(), allows: ContainerAllowances = .init(),
            takes: RolloutPermit.Taking = .own
        ) throws -> ContainerReplacement {
            ContainerReplacement(
                engine: engine, http: http, service: service, image: try ImageReference(image),
                specification: try run.specification(image: image, environment: [:]), order: nil, health: run.health,
                login: RegistryCredentials(
                    username: try TestEnvironment.required("SLIPWAY_TEST_REGISTRY_USERNAME"),
                    password: try TestEnvironment.required("SLIPWAY_TEST_REGISTRY_PASSWORD")),
                job: JobID(rawValue: "j\(UInt64.random(in: .min ... .max))"), sequence: nil, worker: "tester",
                ownership: Ownership(owner: "shop/web", environment: "production", takes: takes),
                permit: RolloutPermit(environment: "production", containers: [service], allows: allows),
                labels: [DeployLabel.owner: "shop/web"],
                patience: .init(settling: .zero, drain: .zero, grace: .seconds(3)), log: MemoryLog(), logger: logger)
        }

        /// Why a rollout is refused; `nil` where it is done.
        func refusal(
            _ image: String, _ run: ContainerRun = ContainerRun(), allows: ContainerAllowances = .init(),
            takes: RolloutPermit.Taking = .own
        ) async throws -> String? {
            do {
                _ = try await replacement(image, run, allows: allows, takes: takes).run()
                return nil
            } catch let failure as JobFailure {
                return failure.reason
            }
        }
    }

    private func withHost(_ body: (Host) async throws -> Void) async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let http = HTTPClient(logger: logger)
        let engine = try await DockerEngine.connect(
            socketPath: try TestEnvironment.required("SLIPWAY_TEST_DOCKER_SOCKET"), client: http, logger: logger)
        let host = Host(engine: engine, http: http)
        let result: Result<Void, any Error>
        do {
            try await body(host)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        for suffix in ["", "-next", "-previous", "-made"] { try await engine.removeContainer(host.service + suffix) }
        await http.shutdown()
        try result.get()
    }

    /// The engine finds a network by the beginning of its id, however short.
    @Test func `A network is let by its name, whatever beginning of its id a step gives`() async throws {
        try await withHost { host in
            let image = try await TestImages.server("one")
            let network = try await host.engine.createNetwork(host.service, labels: [:])
            func refusal(_ name: String, allowed: String) async throws -> String? {
                try await host.refusal(
                    image, ContainerRun(network: name), allows: ContainerAllowances(networks: [allowed]))
            }
            for count in [64, 12, 8] {
                let id = String(network.prefix(count))
                #expect(
                    try await refusal(id, allowed: "\(network.prefix(2))*")
                        == "the network \(id) is “\(host.service)”, called by its id: the environment “production” allows the "
                        + "network “\(host.service)” to no container; it allows \(network.prefix(2))*. To allow it: slipway "
                        + "environment set production --network='\(network.prefix(2))*' --network=\(host.service)")
            }
            #expect(try await ServiceContainer.inspect(host.service, host.engine) == nil)
            #expect(try await refusal(String(network.prefix(12)), allowed: host.service) == nil)
            #expect(try await host.engine.inspectContainer(host.service).networks.keys.sorted() == [host.service])
            try await host.engine.removeContainer(host.service)
            try await host.engine.removeNetwork(network)
        }
    }

    @Test func `An image does not say whose its containers are`() async throws {
        try await withHost { host in
            let honest = try await TestImages.server("one")
            let marked = try await TestImages.build(
                "exec /bin/busybox sleep 1000",
                labels: [DeployLabel.service: host.service, DeployLabel.owner: "shop/web", DeployLabel.job: "j0"])
            // Made by hand, of an image that a repository pushed.
            let foreign = try await host.engine.createContainer(
                ContainerSpecification(image: marked), name: host.service)
            #expect(try await host.engine.inspectContainer(foreign).labels[DeployLabel.owner] == "shop/web")
            for takes in [RolloutPermit.Taking.own, .unmarked] {
                #expect(
                    try await host.refusal(honest, takes: takes)?.hasPrefix(
                        "container \(host.service) is not taken: Slipway did not make it") == true)
            }
            #expect(try await host.engine.inspectContainer(host.service).id == foreign)
            // Nor is one rolled out whose image says it.
            try await host.engine.removeContainer(foreign)
            #expect(
                try await host.refusal(marked)
                    == "the image \(marked) has the label “slipway.dev/owner”, which is one of the deployer's own; build it "
                    + "without")
            #expect(try await host.refusal(honest) == nil)
        }
    }

    /// A proxy, or Compose, finds containers by labels, wherever those come from.
    @Test func `An image gives its containers no label that their environment does not list`() async throws {
        try await withHost { host in
            let image = try await TestImages.build(
                "exec /bin/busybox sleep 1000",
                labels: [
                    "traefik.enable": "true", "com.docker.compose.project": "slipway", "maintainer": "ada",
                    "org.opencontainers.image.title": "shop", "tier": "front",
                ])
            #expect(
                try await host.refusal(
                    image, ContainerRun(labels: ["tier": "back"]), allows: ContainerAllowances(labels: ["tier"])) == nil
            )
            let first = try await host.engine.inspectContainer(host.service)
            func labels(_ container: ContainerDetails) -> [String?] {
                [
                    "traefik.enable", "com.docker.compose.project", "maintainer", "org.opencontainers.image.title",
                    "tier",
                ]
                .map { container.labels[$0] }
            }
            #expect(labels(first) == ["", "", "ada", "shop", "back"])
            #expect(
                try await host.refusal(
                    image, ContainerRun(stopSignal: "SIGKILL"),
                    allows: ContainerAllowances(labels: ["**", "traefik.*"]))
                    == nil)
            let second = try await host.engine.inspectContainer(host.service)
            #expect(first.id != second.id)
            #expect(labels(second) == ["true", "", "ada", "shop", "front"])
        }
    }

    @Test func `Who looks at folders removes no container by what its image says`() async throws {
        try await withHost { host in
            let folder = "\(FileManager.default.temporaryDirectory.path)/\(host.service)"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let looks = [DeployLabel.looks: "tester/\(host.service)"]
            let image = try await TestImages.build("exec /bin/busybox sleep 1000", labels: looks)
            let made = try await host.engine.createContainer(
                ContainerSpecification(image: image), name: "\(host.service)-made")
            let honest = try await TestImages.server("one")
            #expect(try await host.refusal(honest, ContainerRun(volumes: ["\(folder):/x:ro"])) == nil)
            #expect(try await host.engine.containers(labelled: looks).map(\.id) == [made])
        }
    }

    @Test func `A folder that became a link since it was looked at is not mounted`() async throws {
        try await withHost { host in
            let image = try await TestImages.server("one")
            let folder = "\(FileManager.default.temporaryDirectory.path)/\(host.service)"
            try FileManager.default.createDirectory(atPath: "\(folder)/data", withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let replacement = try host.replacement(image, ContainerRun(volumes: ["\(folder)/data:/x"]))
            try await replacement.checkFolders(image: image)
            let id = try await host.engine.createContainer(
                replacement.specification, name: "\(host.service)-next")
            try FileManager.default.removeItem(atPath: "\(folder)/data")
            try FileManager.default.createSymbolicLink(atPath: "\(folder)/data", withDestinationPath: "/")
            let failure = await #expect(throws: JobFailure.self) { try await replacement.start(id) }
            #expect(failure?.reason.contains("\(folder)/data is a link to /") == true)
            #expect(try await !host.engine.inspectContainer(id).state.isRunning)
        }
    }
}

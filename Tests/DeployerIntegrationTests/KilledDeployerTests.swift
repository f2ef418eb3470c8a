import Contracts
import DockerEngine
import HTTPClient
import Logging
import PipelineLanguage
import TestSupport
import Testing

@testable import Deployer

extension ServiceTests {
    /// The program `deployer` on a real Docker host, killed in the middle of a replacement.
    @Test(
        "the old container is kept until the new one is known to be well, also when the deployer is killed in between",
        arguments: [false, true])
    func aContainerIsReplacedThoughTheDeployerIsKilled(isBroken: Bool) async throws {
        let (one, two) = (try await TestImages.server("one"), try await TestImages.server("two"))
        let port = try LoopbackPort.free()
        let service = "test-\(String(UInt64.random(in: .min ... .max), radix: 36))"
        let http = HTTPClient(logger: .quiet)
        let engine = try await DockerEngine.connect(
            socketPath: try TestEnvironment.required("SLIPWAY_TEST_DOCKER_SOCKET"), client: http, logger: .quiet)
        @Sendable func answer() async throws -> String {
            let response = try await http.send(HTTPRequest(.get, "http://127.0.0.1:\(port)/index.html"))
            return String(decoding: try await response.body.collect(upTo: 1000), as: UTF8.self)
        }
        var old = ContainerSpecification(image: one)
        old.ports = [.init(container: 8080, host: port, address: "127.0.0.1")]
        let before = try await engine.createContainer(old, name: service)
        try await engine.startContainer(before)
        let step = Step(
            name: "release",
            deploy: Deploy(
                environment: "production", container: service, image: two,
                run: ContainerRun(
                    ports: ["127.0.0.1:\(port):8080"],
                    health: Probe(command: ["/bin/busybox", "test", "-e", "/go"], timeout: isBroken ? 4 : 60))))
        try await scene(step) { scene in
            try await scene.offer(attempt: 1)
            let first = try await scene.start()
            try await eventually(within: .seconds(60), "the new container") {
                (try? await engine.inspectContainer(ServiceNames(service).next))?.state.isRunning == true
            }
            try await first.signal("KILL")
            _ = try await first.exit()
            #expect(try await engine.inspectContainer(service).id == before)
            try await scene.offer(attempt: 2)
            let second = try await scene.start()
            if !isBroken {
                _ = try await engine.execute(
                    ["/bin/busybox", "touch", "/go"], in: ServiceNames(service).next)
            }
            try await eventually(within: .seconds(60), "the end of the second attempt") {
                scene.ledger.value.finished.contains { $0.attempt == 2 }
            }
            let finished = try #require(scene.ledger.value.finished.first { $0.attempt == 2 })
            #expect(finished.outcome == (isBroken ? .failure : .success), "\(finished)")
            if isBroken { #expect(finished.steps.first?.reason?.contains("rolled back") == true, "\(finished)") }
            #expect((try await engine.inspectContainer(service).id == before) == isBroken)
            try await eventually("the answer") { (try? await answer()) == (isBroken ? "one\n" : "two\n") }
            let made = try await engine.containers(labelled: [DeployLabel.service: service])
            #expect(made.map(\.name) == (isBroken ? [] : [service]))
            try await second.signal("TERM")
            #expect(try await second.exit() == .exited(0))
        }
        try await engine.removeContainer(service)
        for volume in try await engine.volumes(labelled: [DeployLabel.service: service]) {
            try await engine.removeVolume(volume.name)
        }
        await http.shutdown()
    }
}

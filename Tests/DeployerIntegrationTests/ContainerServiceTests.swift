import Contracts
import DockerEngine
import HTTPClient
import Logging
import Messaging
import PipelineLanguage
import TestSupport
import Testing

@testable import Deployer

/// The program `deployer` on a real Docker host.
extension ServiceTests {
    /// A container made by hand that a rollout replaces.
    private struct Old: Sendable {
        let engine: DockerEngine
        let http: HTTPClient
        let service: String
        let id: String
        let port: Int

        var places: ServiceNames { ServiceNames(service) }

        func answer() async -> String? {
            do {
                let response = try await http.send(HTTPRequest(.get, "http://127.0.0.1:\(port)/index.html"))
                return String(decoding: try await response.body.collect(upTo: 1000), as: UTF8.self)
            } catch {
                return nil
            }
        }

        /// The new one that runs and is not in service yet.
        func next() async -> String? {
            guard let next = try? await engine.inspectContainer(places.next), next.state.isRunning else { return nil }
            return next.id
        }

        func step(_ image: String, network: String? = nil, drain: Int? = nil, timeout: Int? = nil) -> Step {
            Step(
                name: "release",
                deploy: Deploy(
                    environment: "production", container: service, image: image,
                    run: ContainerRun(
                        ports: network == nil ? ["127.0.0.1:\(port):8080"] : [], network: network, drain: drain,
                        health: Probe(command: ["/bin/busybox", "test", "-e", "/go"], timeout: 60))),
                timeout: timeout)
        }

        func go(_ id: String) async throws {
            _ = try await engine.execute(["/bin/busybox", "touch", "/go"], in: id)
        }

        func made() async throws -> [String] {
            try await engine.containers(labelled: [DeployLabel.service: service]).map(\.name)
        }
    }

    private func withOld(_ image: String, network: Bool = false, _ body: (Old) async throws -> Void) async throws {
        let service = "test-\(String(UInt64.random(in: .min ... .max), radix: 36))"
        let http = HTTPClient(logger: .quiet)
        let engine = try await DockerEngine.connect(
            socketPath: try TestEnvironment.required("SLIPWAY_TEST_DOCKER_SOCKET"), client: http, logger: .quiet)
        let port = try LoopbackPort.free()
        var old = ContainerSpecification(image: image)
        if network {
            _ = try await engine.createNetwork(service)
            (old.network, old.aliases) = (service, [service])
        } else {
            old.ports = [.init(container: 8080, host: port, address: "127.0.0.1")]
        }
        let id = try await engine.createContainer(old, name: service)
        try await engine.startContainer(id)
        do {
            try await body(Old(engine: engine, http: http, service: service, id: id, port: port))
        } catch {
            for name in ServiceNames(service).all.map(\.name) { _ = try? await engine.removeContainer(name) }
            throw error
        }
        try await engine.removeContainer(service)
        if network { try await engine.removeNetwork(service) }
        for volume in try await engine.volumes(labelled: [DeployLabel.service: service]) {
            try await engine.removeVolume(volume.name)
        }
        await http.shutdown()
    }

    @Test(
        "the old container is kept until the new one is known to be well, also when the deployer is killed in between",
        arguments: [false, true])
    func aContainerIsReplacedThoughTheDeployerIsKilled(isBroken: Bool) async throws {
        let (one, two) = (try await TestImages.server("one"), try await TestImages.server("two"))
        try await withOld(one) { old in
            try await scene(old.step(two, timeout: isBroken ? 20 : nil)) { scene in
                try await scene.offer(attempt: 1)
                let first = try await scene.start()
                try await eventually(within: .seconds(60), "the new container") { await old.next() != nil }
                let begun = await old.next()
                try await first.signal("KILL")
                _ = try await first.exit()
                #expect(try await old.engine.inspectContainer(old.service).id == old.id)
                try await scene.offer(attempt: 2)
                let second = try await scene.start()
                if !isBroken {
                    try await eventually(within: .seconds(60), "a new container again") {
                        guard let next = await old.next(), next != begun else { return false }
                        try await old.go(next)
                        return true
                    }
                }
                try await eventually(within: .seconds(60), "the end of the second attempt") {
                    scene.ledger.value.finished.contains { $0.attempt == 2 }
                }
                let finished = try #require(scene.ledger.value.finished.first { $0.attempt == 2 })
                #expect(finished.outcome == (isBroken ? .failure : .success), "\(finished)")
                if isBroken { #expect(finished.steps.first?.reason?.contains("rolled back") == true, "\(finished)") }
                #expect((try await old.engine.inspectContainer(old.service).id == old.id) == isBroken)
                try await eventually("the answer") { await old.answer() == (isBroken ? "one\n" : "two\n") }
                #expect(try await old.made() == (isBroken ? [] : [old.service]))
                try await second.signal("TERM")
                #expect(try await second.exit() == .exited(0))
            }
        }
    }

    @Test("what somebody put in the service's place while the deployer was away is not taken down for the same rollout")
    func aRepairByHandIsLeftAlone() async throws {
        let (one, two) = (try await TestImages.server("one"), try await TestImages.server("two"))
        let three = try await TestImages.server("three")
        try await withOld(one) { old in
            try await scene(old.step(two)) { scene in
                try await scene.offer(attempt: 1)
                let first = try await scene.start()
                try await eventually(within: .seconds(60), "the new container") { await old.next() != nil }
                try await first.signal("KILL")
                _ = try await first.exit()
                for name in [old.service, old.places.next] { try await old.engine.removeContainer(name) }
                var repair = ContainerSpecification(image: three)
                repair.ports = [.init(container: 8080, host: old.port, address: "127.0.0.1")]
                let id = try await old.engine.createContainer(repair, name: old.service)
                try await old.engine.startContainer(id)
                try await scene.offer(attempt: 2)
                let second = try await scene.start()
                try await eventually(within: .seconds(60), "the end of the second attempt") {
                    scene.ledger.value.finished.contains { $0.attempt == 2 }
                }
                let finished = try #require(scene.ledger.value.finished.first { $0.attempt == 2 })
                let reason = finished.steps.first?.reason ?? ""
                #expect(reason.contains("was changed by another hand since this rollout began"), "\(finished)")
                #expect(reason.hasSuffix("; nothing was changed"), "\(finished)")
                let now = try await old.engine.inspectContainer(old.service)
                #expect(now.id == id && now.restartCount == 0)
                #expect(await old.answer() == "three\n")
                #expect(try await old.made().isEmpty)
                try await second.signal("TERM")
                #expect(try await second.exit() == .exited(0))
            }
        }
    }

    /// Cancelled while its deployer is away, the rollout never comes again.
    @Test("a deployer that starts again puts back what it left half done, whether the rollout comes again or not")
    func aKilledDeployerPutsBackTheOldContainer() async throws {
        let (one, two) = (try await TestImages.server("one"), try await TestImages.server("two"))
        try await withOld(one) { old in
            try await scene(old.step(two)) { scene in
                try await scene.offer(attempt: 1)
                let first = try await scene.start()
                try await eventually(within: .seconds(60), "the new container") { await old.next() != nil }
                #expect(try await !old.engine.inspectContainer(old.id).state.isRunning)
                try await first.signal("KILL")
                _ = try await first.exit()
                let second = try await scene.start()
                try await eventually(within: .seconds(30), "the old one's answer") { await old.answer() == "one\n" }
                try await eventually("the end of the new one") { try await old.made().isEmpty }
                try await second.signal("TERM")
                #expect(try await second.exit() == .exited(0))
            }
        }
    }

    @Test("a deployer killed while the old container drains brings it back with the aliases it had")
    func aKilledDeployerPutsBackAliases() async throws {
        let (one, two) = (try await TestImages.server("one"), try await TestImages.server("two"))
        try await withOld(one, network: true) { old in
            try await scene(old.step(two, network: old.service, drain: 60)) { scene in
                try await scene.offer(attempt: 1)
                let first = try await scene.start()
                try await eventually(within: .seconds(60), "the new container") {
                    guard let next = await old.next() else { return false }
                    try await old.go(next)
                    return true
                }
                try await eventually(within: .seconds(30), "the drain") {
                    try await old.engine.inspectContainer(old.id).networks[old.service]?.aliases
                        .contains(old.service) != true
                }
                try await first.signal("KILL")
                _ = try await first.exit()
                let second = try await scene.start()
                try await eventually(within: .seconds(30), "the old one alone") { try await old.made().isEmpty }
                let container = try await old.engine.inspectContainer(old.service)
                #expect(container.id == old.id && container.state.isRunning)
                #expect(container.networks[old.service]?.aliases.contains(old.service) == true)
                try await second.signal("TERM")
                #expect(try await second.exit() == .exited(0))
            }
        }
    }

    @Test("a container that does not get well is told as stuck, and a cancel ends its step and brings the old one back")
    func aStuckContainerIsTold() async throws {
        let one = try await TestImages.server("one")
        // Started again, it may still get well.
        let ending = try await TestImages.build("/bin/busybox sleep 4; exit 7")
        try await withOld(one) { old in
            try await scene(old.step(ending)) { scene in
                try await scene.offer(attempt: 1)
                let deployer = try await scene.start()
                try await eventually(within: .seconds(60), "the word of it") { !scene.ledger.value.stuck.isEmpty }
                let words = scene.ledger.value.stuck.first ?? ""
                #expect(words.contains("/bin/busybox test -e /go") || words.contains("exit code 7"), "\(words)")
                #expect(scene.ledger.value.finished.isEmpty)
                try await scene.bus.send(
                    JobCancelled(job: scene.grant.job, run: scene.grant.run, attempt: 1, reason: "a newer one"))
                try await eventually(within: .seconds(30), "the end") { !scene.ledger.value.finished.isEmpty }
                #expect(scene.ledger.value.finished.first?.steps.map(\.outcome) == [.cancelled])
                #expect(scene.ledger.value.log.contains("rolled back: container \(old.service) is the old one"))
                try await eventually("the old one's answer") { await old.answer() == "one\n" }
                #expect(try await old.made().isEmpty)
                try await deployer.signal("TERM")
                #expect(try await deployer.exit() == .exited(0))
            }
        }
    }
}

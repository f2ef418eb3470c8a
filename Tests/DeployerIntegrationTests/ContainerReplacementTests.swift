import Contracts
import DockerEngine
import HTTPClient
import Logging
import PipelineLanguage
import TestSupport
import Testing
import Worker

@testable import Deployer

/// Against a real Docker Engine.
@Suite(.serialized, .timeLimit(.minutes(3))) struct ContainerReplacementTests {
    private struct Host: Sendable {
        let engine: DockerEngine
        let http: HTTPClient
        let service = "test-\(String(UInt64.random(in: .min ... .max), radix: 36))"
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

        func replacement(
            _ image: String, job: String, sequence: Int64, ports: [String] = [], health: Probe? = nil, log: MemoryLog
        ) throws -> ContainerReplacement {
            let run = ContainerRun(ports: ports, health: health)
            return ContainerReplacement(
                engine: engine, http: http, service: service, image: try ImageReference(image),
                specification: try run.specification(image: image, environment: [:]), health: health, login: nil,
                job: JobID(rawValue: job), sequence: sequence, labels: [:], log: log, logger: logger)
        }

        func answer(_ port: Int) async throws -> String {
            let response = try await http.send(HTTPRequest(.get, "http://127.0.0.1:\(port)/index.html"))
            return String(decoding: try await response.body.collect(upTo: 1000), as: UTF8.self)
        }

        var all: [String] {
            get async throws {
                try await engine.containers(labelled: [ContainerReplacement.serviceLabel: service]).map(\.name)
            }
        }
    }

    private func withHost(_ body: (Host) async throws -> Void) async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let http = HTTPClient(logger: logger)
        let engine = try await DockerEngine.connect(
            socketPath: try TestEnvironment.required("SLIPWAY_TEST_DOCKER_SOCKET"), client: http, logger: logger)
        let host = Host(engine: engine, http: http)
        func clean() async throws {
            for name in try await host.all { try await engine.removeContainer(name) }
            await http.shutdown()
        }
        do {
            try await body(host)
        } catch {
            _ = try? await clean()
            throw error
        }
        try await clean()
    }

    @Test func aNewOneTakesThePlaceOfTheOld() async throws {
        try await withHost { host in
            let (one, two) = (try await TestImages.server("one"), try await TestImages.server("two"))
            let health = Probe(port: 8080, path: "/index.html", timeout: 20)
            let log = MemoryLog()
            let first = try await host.replacement(one, job: "j1", sequence: 1, health: health, log: log).run()
            #expect(first.isFirst)
            let second = try await host.replacement(two, job: "j2", sequence: 2, health: health, log: log).run()
            #expect(!second.isFirst)
            #expect(try await host.all == [host.service])
            let container = try await host.engine.inspectContainer(host.service)
            #expect(container.id.hasPrefix(second.revision))
            #expect(container.image == two)
            #expect(log.text.contains("/index.html on port 8080 answers 200"))
        }
    }

    @Test func aCommandInItSaysWhetherItIsWell() async throws {
        try await withHost { host in
            let late = try await TestImages.build(
                "/bin/busybox sleep 1; /bin/busybox touch /ready; exec /bin/busybox sleep 1000")
            let health = Probe(command: ["/bin/busybox", "test", "-e", "/ready"], timeout: 20)
            let log = MemoryLog()
            _ = try await host.replacement(late, job: "j1", sequence: 1, health: health, log: log).run()
            #expect(log.text.contains("“/bin/busybox test -e /ready” in the container ends with exit code 1"))
            #expect(log.text.contains("in the container says it is well"))
            let before = try await host.engine.inspectContainer(host.service).id
            for (command, reason) in [
                (["/bin/busybox", "false"], "ends with exit code 1"),
                (["/bin/busybox", "sleep", "60"], "does not end"),
                (["/nothing"], "exit code 12"),
            ] {
                let error = await #expect(throws: JobFailure.self) {
                    try await host.replacement(
                        late, job: "j2-\(reason)", sequence: 2, health: Probe(command: command, timeout: 2),
                        log: MemoryLog()
                    ).run()
                }
                #expect(error?.reason.contains(reason) == true, "\(error?.reason ?? "")")
                #expect(try await host.engine.inspectContainer(host.service).id == before)
            }
        }
    }

    @Test func oneThatIsNotWellLeavesTheOldOneAlone() async throws {
        try await withHost { host in
            let one = try await TestImages.server("one")
            let broken = try await TestImages.build("/bin/busybox echo cannot go on; exit 4")
            _ = try await host.replacement(one, job: "j1", sequence: 1, log: MemoryLog()).run()
            let before = try await host.engine.inspectContainer(host.service).id
            let log = MemoryLog()
            let error = await #expect(throws: JobFailure.self) {
                try await host.replacement(broken, job: "j2", sequence: 2, log: log).run()
            }
            #expect(
                error?.reason.contains("ended with exit code 4") == true || error?.reason.contains("restarting") == true
            )
            #expect(log.text.contains("cannot go on"))
            #expect(try await host.engine.inspectContainer(host.service).id == before)
            #expect(try await host.all == [host.service])
        }
    }

    @Test func withTheSamePortTheOldOneComesBack() async throws {
        try await withHost { host in
            let (one, two) = (try await TestImages.server("one"), try await TestImages.server("two"))
            let silent = try await TestImages.build("exec /bin/busybox sleep 1000")
            let port = try LoopbackPort.free()
            let ports = ["127.0.0.1:\(port):8080"]
            let health = Probe(port: 8080, path: "/index.html", timeout: 3)
            _ = try await host.replacement(one, job: "j1", sequence: 1, ports: ports, health: health, log: MemoryLog())
                .run()
            #expect(try await host.answer(port) == "one\n")
            let log = MemoryLog()
            let error = await #expect(throws: JobFailure.self) {
                try await host.replacement(silent, job: "j2", sequence: 2, ports: ports, health: health, log: log).run()
            }
            #expect(error?.reason.contains("was not well within 3 s") == true)
            #expect(log.text.contains("the old container runs again"))
            try await eventually("the old one's answer") { (try? await host.answer(port)) == "one\n" }
            _ = try await host.replacement(two, job: "j3", sequence: 3, ports: ports, health: health, log: MemoryLog())
                .run()
            #expect(try await host.answer(port) == "two\n")
            #expect(try await host.all == [host.service])
        }
    }

    @Test func anOlderOneIsRefusedAndTheSameOneIsDoneOnce() async throws {
        try await withHost { host in
            let (one, two) = (try await TestImages.server("one"), try await TestImages.server("two"))
            let result = try await host.replacement(two, job: "j2", sequence: 2, log: MemoryLog()).run()
            let error = await #expect(throws: JobFailure.self) {
                try await host.replacement(one, job: "j1", sequence: 1, log: MemoryLog()).run()
            }
            #expect(error?.reason.contains("a newer rollout") == true)
            let again = try await host.replacement(two, job: "j2", sequence: 2, log: MemoryLog()).run()
            #expect(again.revision == result.revision)
        }
    }

    @Test func whatAKilledWorkerLeftIsPutInOrder() async throws {
        try await withHost { host in
            let (one, two) = (try await TestImages.server("one"), try await TestImages.server("two"))
            _ = try await host.replacement(one, job: "j1", sequence: 1, log: MemoryLog()).run()
            // As if it was killed between the two names.
            let old = try await host.engine.inspectContainer(host.service).id
            try await host.engine.renameContainer(old, to: ReplacementPlan.previousName(host.service))
            _ = try await host.replacement(two, job: "j2", sequence: 2, log: MemoryLog()).run()
            #expect(try await host.all == [host.service])
            #expect(try await host.engine.inspectContainer(host.service).image == two)
        }
    }

    @Test func anImageNobodyHasIsNamed() async throws {
        try await withHost { host in
            let missing = try TestEnvironment.required("SLIPWAY_TEST_REGISTRY") + "/nobody/has:this"
            let error = await #expect(throws: JobFailure.self) {
                try await host.replacement(missing, job: "j1", sequence: 1, log: MemoryLog()).run()
            }
            #expect(error?.reason.contains("the image \(missing) cannot be pulled") == true)
        }
    }
}

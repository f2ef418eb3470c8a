import DockerEngine
import HTTPClient
import Logging
import TestSupport
import Testing

/// Containers of a real engine, from creation to removal.
@Suite struct ContainerTests {
    @Test func nobodyAtTheSocket() async throws {
        let client = HTTPClient(logger: Logger(label: "test"))
        let error = await #expect(throws: DockerError.self) {
            _ = try await DockerEngine.connect(
                socketPath: "/no/such.sock", client: client, logger: Logger(label: "test"))
        }
        #expect(error?.code == .unreachable)
        #expect(error?.message.contains("/no/such.sock") == true)
    }

    @Test func aRunFromStartToEnd() async throws {
        try await EngineScope.with { scope in
            #expect(scope.engine.version >= APIVersion(1, 24))
            let image = try await scope.baseImage()
            var container = scope.container(image, "echo out $WHO; echo err >&2; pwd; id -u; exit 7")
            container.environment = ["WHO": "me = you"]
            container.workingDirectory = "/work dir"
            container.user = "1000"
            let result = try await scope.run(container)
            #expect(result.code == 7)
            #expect(result.output == "out me = you\n/work dir\n1000\n")
            #expect(result.error == "err\n")
            // Far more than one buffer, and the shortest run: nothing of either is lost.
            let long = try await scope.run(scope.container(image, "seq 1 200000"))
            #expect(long.output.utf8.count == 1_288_895)
            #expect(long.output.hasSuffix("\n200000\n"))
            for _ in 0..<20 {
                let short = try await scope.run(scope.container(image, "echo x; printf tail; exit 3"))
                #expect(short.code == 3)
                #expect(short.output == "x\ntail")
            }
        }
    }

    @Test func whatTheEngineKeepsOfALog() async throws {
        try await EngineScope.with { scope in
            let image = try await scope.baseImage()
            var container = scope.container(image, "echo one; echo two; echo three")
            container.logging = .kept
            let id = try await scope.engine.createContainer(container)
            let exit = try await scope.engine.awaitExit(of: id)
            try await scope.engine.startContainer(id)
            #expect(try await exit.code() == 0)
            var text: [UInt8] = []
            for try await piece in try await scope.engine.log(of: id, follow: false, tail: 2) { text += piece.bytes }
            #expect(String(decoding: text, as: UTF8.self) == "two\nthree\n")
        }
    }

    @Test func limitsHold() async throws {
        try await EngineScope.with { scope in
            let image = try await scope.baseImage()
            var hungry = scope.container(image, "x=a; while true; do x=$x$x; done")
            hungry.memoryLimit = 32 << 20
            let id = try await scope.engine.createContainer(hungry)
            let exit = try await scope.engine.awaitExit(of: id)
            try await scope.engine.startContainer(id)
            #expect(try await exit.code() != 0)
            #expect(try await scope.engine.ranOutOfMemory(id))
            var careful = scope.container(image, "grep -E 'NoNewPrivs|CapEff' /proc/self/status; cat /proc/1/comm")
            careful.droppedCapabilities = ["ALL"]
            let other = try await scope.engine.createContainer(careful)
            #expect(try await !scope.engine.ranOutOfMemory(other, patience: .milliseconds(1)))
            let output = try await scope.run(careful).output
            #expect(output.contains("NoNewPrivs:\t1"))
            #expect(output.contains("CapEff:\t0000000000000000"))
            #expect(output.contains("init"))
        }
    }

    @Test func killedInTheMiddle() async throws {
        try await EngineScope.with { scope in
            let image = try await scope.baseImage()
            let id = try await scope.engine.createContainer(scope.container(image, "echo up; sleep 1000"))
            let exit = try await scope.engine.awaitExit(of: id)
            try await scope.engine.startContainer(id)
            try await scope.engine.startContainer(id)
            #expect(try await scope.engine.inspectContainer(id).state.isRunning)
            try await scope.engine.killContainer(id)
            #expect(try await exit.code() == 137)
            try await scope.engine.killContainer(id)
            #expect(try await scope.engine.inspectContainer(id).state.exitCode == 137)
            try await scope.engine.removeContainer(id)
            try await scope.engine.removeContainer(id)
            await #expect(throws: DockerError.self) { _ = try await scope.engine.inspectContainer(id) }
        }
    }

    @Test func networksVolumesAndNames() async throws {
        try await EngineScope.with { scope in
            let image = try await scope.baseImage()
            let network = try await scope.engine.createNetwork(scope.name, labels: scope.labels)
            try await scope.engine.createVolume(scope.name, labels: scope.labels)
            try await scope.engine.createVolume(scope.name, labels: scope.labels)
            var server = scope.container(image, "mkdir -p /w && echo hi > /w/index.html && httpd -f -p 80 -h /w")
            server.network = scope.name
            server.aliases = ["web"]
            let id = try await scope.engine.createContainer(server, name: "\(scope.name)-web")
            try await scope.engine.startContainer(id)
            var asker = scope.container(
                image,
                "for i in 1 2 3 4 5; do wget -q -O /v/answer http://web/ && break; sleep 0.2; done; cat /v/answer")
            asker.network = network
            asker.mounts = [.volume(name: scope.name, path: "/v"), .temporary(path: "/t", size: 1 << 20)]
            #expect(try await scope.run(asker).output == "hi\n")
            var reader = scope.container(image, "cat /v/answer; touch /v/x || echo refused")
            reader.mounts = [.volume(name: scope.name, path: "/v", readOnly: true)]
            #expect(try await scope.run(reader).output == "hi\nrefused\n")
            #expect(try await scope.engine.containers(labelled: scope.labels).count == 3)
            #expect(try await scope.engine.networks(labelled: scope.labels).map(\.name) == [scope.name])
            #expect(try await scope.engine.volumes(labelled: scope.labels).map(\.name) == [scope.name])
            await #expect(throws: DockerError.self) {
                _ = try await scope.engine.createContainer(server, name: "\(scope.name)-web")
            }
        }
    }

    @Test func publishedPort() async throws {
        try await EngineScope.with { scope in
            let image = try await scope.baseImage()
            var server = scope.container(image, "mkdir -p /w && echo hi > /w/index.html && exec httpd -f -p 80 -h /w")
            server.ports = [.init(container: 80, host: nil, address: "127.0.0.1")]
            let id = try await scope.engine.createContainer(server)
            try await scope.engine.startContainer(id)
            let details = try await scope.engine.inspectContainer(id)
            let port = try #require(details.ports["80/tcp"]?.first?.port)
            var answer = ""
            try await eventually("the server answers") {
                do {
                    let response = try await scope.client.send(HTTPRequest(.get, "http://127.0.0.1:\(port)/"))
                    answer = String(decoding: try await response.body.collect(upTo: 100), as: UTF8.self)
                    return true
                } catch is HTTPClientError {
                    return false
                }
            }
            #expect(answer == "hi\n")
            try await scope.engine.stopContainer(id, grace: .seconds(1))
            #expect(try await !scope.engine.inspectContainer(id).state.isRunning)
        }
    }
}

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

/// Against a real Docker Engine.
@Suite(.serialized, .timeLimit(.minutes(3))) struct ContainerReplacementTests {
    private struct Host: Sendable {
        let engine: DockerEngine
        let http: HTTPClient
        let service = "test-\(String(UInt64.random(in: .min ... .max), radix: 36))"
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

        func replacement(
            _ image: String, job: String, sequence: Int64, _ run: ContainerRun = ContainerRun(),
            service: String? = nil, owner: String = "shop/web", takes: RolloutPermit.Taking = .any, log: MemoryLog
        ) throws -> ContainerReplacement {
            ContainerReplacement(
                engine: engine, http: http, service: service ?? self.service, image: try ImageReference(image),
                specification: try run.specification(image: image, environment: [:], allowsHostNetwork: true),
                order: run.order.map { $0 == .startFirst ? .startFirst : .stopFirst }, health: run.health,
                login: RegistryCredentials(
                    username: try TestEnvironment.required("SLIPWAY_TEST_REGISTRY_USERNAME"),
                    password: try TestEnvironment.required("SLIPWAY_TEST_REGISTRY_PASSWORD")),
                job: JobID(rawValue: job), sequence: sequence, worker: "tester",
                ownership: Ownership(owner: owner, environment: "production", takes: takes), permit: nil,
                labels: [DeployLabel.owner: owner, DeployLabel.runName: "shop/web#\(job)"],
                patience: .init(settling: .seconds(3), drain: .seconds(1), grace: .seconds(3)), log: log,
                logger: logger)
        }

        func answer(_ port: Int) async throws -> String {
            let response = try await http.send(HTTPRequest(.get, "http://127.0.0.1:\(port)/index.html"))
            return String(decoding: try await response.body.collect(upTo: 1000), as: UTF8.self)
        }

        var all: [String] {
            get async throws {
                try await engine.containers(labelled: [DeployLabel.service: service]).map(\.name)
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
            for volume in try await engine.volumes(labelled: [DeployLabel.service: host.service]) {
                try await engine.removeVolume(volume.name)
            }
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

    @Test func `Another repository's container and one that Slipway did not make are left alone until adopted`()
        async throws
    {
        try await withHost { host in
            let (one, two) = (try await TestImages.server("one"), try await TestImages.server("two"))
            // Made by hand, as a database of the host would be.
            let foreign = try await host.engine.createContainer(
                ContainerSpecification(image: one), name: host.service)
            func refused(_ owner: String, _ takes: RolloutPermit.Taking) async throws -> String? {
                do {
                    _ = try await host.replacement(
                        two, job: "j1", sequence: 1, owner: owner, takes: takes, log: MemoryLog()
                    )
                    .run()
                    return nil
                } catch let failure as JobFailure {
                    return failure.reason
                }
            }
            for takes in [RolloutPermit.Taking.own, .unmarked] {
                #expect(
                    try await refused("shop/web", takes)
                        == "container \(host.service) is not taken: Slipway did not make it; to give it to shop/web: slipway "
                        + "environment adopt production --container=\(host.service) --repo=shop/web")
            }
            #expect(try await host.engine.inspectContainer(host.service).id == foreign)
            #expect(try await refused("shop/web", .any) == nil)
            // From here on it is the repository's own, and nobody else's.
            let reason = try await refused("shop/api", .own)
            #expect(reason?.hasPrefix("container \(host.service) belongs to another repository") == true)
            _ = try await host.replacement(one, job: "j2", sequence: 2, takes: .own, log: MemoryLog()).run()
            let current = try await host.engine.inspectContainer(host.service)
            #expect(current.labels[DeployLabel.owner] == "shop/web" && current.id != foreign)
        }
    }

    @Test func aNewOneTakesThePlaceOfTheOld() async throws {
        try await withHost { host in
            let (one, two) = (try await TestImages.server("one"), try await TestImages.server("two"))
            let health = Probe(port: 8080, path: "/index.html", timeout: 20)
            let log = MemoryLog()
            let first = try await host.replacement(one, job: "j1", sequence: 1, ContainerRun(health: health), log: log)
                .run()
            #expect(first.isFirst)
            let second = try await host.replacement(two, job: "j2", sequence: 2, ContainerRun(health: health), log: log)
                .run()
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
            _ = try await host.replacement(late, job: "j1", sequence: 1, ContainerRun(health: health), log: log).run()
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
                        late, job: "j2-\(reason)", sequence: 2,
                        ContainerRun(health: Probe(command: command, timeout: 2)), log: MemoryLog()
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
            let words = error?.reason ?? ""
            // As it is looked at between two of its ends or in one.
            #expect(words.contains("exit code 4") || words.contains("again and again"), "\(words)")
            #expect(error?.reason.hasSuffix("; rolled back: container \(host.service) is the old one") == true)
            #expect(log.text.contains("cannot go on"))
            #expect(try await host.engine.inspectContainer(host.service).id == before)
            #expect(try await host.all == [host.service])
        }
    }

    @Test("a container that ends and is started again and again is no success, however long it runs in between")
    func crashLoop() async throws {
        try await withHost { host in
            let one = try await TestImages.server("one")
            let looping = try await TestImages.build("/bin/busybox sleep 1; exit 7")
            _ = try await host.replacement(one, job: "j1", sequence: 1, log: MemoryLog()).run()
            for (job, health) in [("j2", nil), ("j3", Probe(command: ["/bin/busybox", "false"], timeout: 60))] {
                let run = ContainerRun(restart: "always", health: health)
                let error = await #expect(throws: JobFailure.self) {
                    try await host.replacement(looping, job: job, sequence: 2, run, log: MemoryLog()).run()
                }
                let words = error?.reason ?? ""
                #expect(words.contains("exit code 7") || words.contains("again and again"), "\(words)")
                #expect(try await host.all == [host.service])
            }
            #expect(try await host.engine.inspectContainer(host.service).state.isRunning)
        }
    }

    @Test func withTheSamePortTheOldOneComesBack() async throws {
        try await withHost { host in
            let (one, two) = (try await TestImages.server("one"), try await TestImages.server("two"))
            let silent = try await TestImages.build("exec /bin/busybox sleep 1000")
            let port = try LoopbackPort.free()
            let run = ContainerRun(
                ports: ["127.0.0.1:\(port):8080"], health: Probe(port: 8080, path: "/index.html", timeout: 3))
            _ = try await host.replacement(one, job: "j1", sequence: 1, run, log: MemoryLog()).run()
            #expect(try await host.answer(port) == "one\n")
            let log = MemoryLog()
            let error = await #expect(throws: JobFailure.self) {
                try await host.replacement(silent, job: "j2", sequence: 2, run, log: log).run()
            }
            #expect(error?.reason.contains("was not well within 3 s") == true)
            #expect(error?.reason.contains("rolled back") == true)
            #expect(log.text.contains("the old container runs again"))
            try await eventually("the old one's answer") { (try? await host.answer(port)) == "one\n" }
            _ = try await host.replacement(two, job: "j3", sequence: 3, run, log: MemoryLog()).run()
            #expect(try await host.answer(port) == "two\n")
            #expect(try await host.all == [host.service])
        }
    }

    @Test("a container started with --rm is not stopped for one that may not be well, and goes after one that is")
    func removesItself() async throws {
        try await withHost { host in
            let (one, two) = (try await TestImages.server("one"), try await TestImages.server("two"))
            let port = try LoopbackPort.free()
            let socket = try TestEnvironment.required("SLIPWAY_TEST_DOCKER_SOCKET")
            func start(_ options: [String]) async throws {
                _ = try await runTool(
                    "docker",
                    ["--host", "unix://\(socket)", "run", "--detach", "--rm", "--name", host.service] + options + [
                        "--label", "\(DeployLabel.service)=\(host.service)", one,
                    ])
            }
            try await start(["--publish", "127.0.0.1:\(port):8080"])
            let run = ContainerRun(
                ports: ["127.0.0.1:\(port):8080"], health: Probe(port: 8080, path: "/index.html", timeout: 20))
            let error = await #expect(throws: JobFailure.self) {
                try await host.replacement(two, job: "j1", sequence: 1, run, log: MemoryLog()).run()
            }
            #expect(error?.reason.contains("was started with --rm") == true, "\(error?.reason ?? "")")
            #expect(error?.reason.hasSuffix("; nothing was changed") == true, "\(error?.reason ?? "")")
            #expect(try await host.answer(port) == "one\n")
            try await host.engine.removeContainer(host.service)
            try await start([])
            let beside = ContainerRun(health: Probe(port: 8080, timeout: 20))
            let result = try await host.replacement(two, job: "j2", sequence: 2, beside, log: MemoryLog()).run()
            #expect(try await host.all == [host.service])
            #expect(try await host.engine.inspectContainer(host.service).id.hasPrefix(result.revision))
        }
    }

    @Test("no request is lost, and none reaches a container that is not well")
    func noRequestIsLost() async throws {
        try await withHost { host in
            let network = "\(host.service)-net"
            _ = try await host.engine.createNetwork(network, labels: [DeployLabel.service: host.service])
            let (one, two) = (try await TestImages.server("one"), try await TestImages.server("two"))
            let bad = try await TestImages.server("bad")
            func run(_ path: String) -> ContainerRun {
                ContainerRun(network: network, health: Probe(port: 8080, path: path, timeout: 3))
            }
            _ = try await host.replacement(one, job: "j1", sequence: 1, run("/index.html"), log: MemoryLog()).run()
            // Asks by the service's name, again and again, and writes down every answer.
            var client = ContainerSpecification(image: one)
            client.network = network
            client.labels = [DeployLabel.service: host.service]
            client.command = [
                "/bin/busybox", "sh", "-c",
                """
                while :; do
                    /bin/busybox wget -q -O - http://\(host.service):8080/index.html || /bin/busybox echo lost
                done
                """,
            ]
            let asking = try await host.engine.createContainer(client, name: "\(host.service)-client")
            try await host.engine.startContainer(asking)
            func answers() async throws -> [String: Int] {
                var text: [UInt8] = []
                for try await piece in try await host.engine.log(of: asking, follow: false) { text += piece.bytes }
                let lines = String(decoding: text, as: UTF8.self).split(separator: "\n")
                return Dictionary(lines.map { (String($0), 1) }, uniquingKeysWith: +)
            }
            try await eventually("the first answers") { try await answers()["one", default: 0] > 20 }
            await #expect(throws: JobFailure.self) {
                try await host.replacement(bad, job: "j2", sequence: 2, run("/nothing"), log: MemoryLog()).run()
            }
            _ = try await host.replacement(two, job: "j3", sequence: 3, run("/index.html"), log: MemoryLog()).run()
            try await eventually("the new one's answers") { try await answers()["two", default: 0] > 20 }
            _ = try await host.replacement(one, job: "j4", sequence: 4, run("/index.html"), log: MemoryLog()).run()
            let count = try await answers()["one", default: 0]
            try await eventually("the last one's answers") { try await answers()["one", default: 0] > count + 20 }
            // Cancelled with both at work, the old one has the name again.
            var cancelled = try host.replacement(two, job: "j5", sequence: 5, run("/index.html"), log: MemoryLog())
            cancelled.patience.drain = .seconds(60)
            let before = try await host.engine.inspectContainer(host.service).id
            let counted = try await answers()["two", default: 0]
            let rolling = Task { [cancelled] in try await cancelled.run() }
            try await eventually("the new one's answers again") {
                try await answers()["two", default: 0] > counted + 20
            }
            rolling.cancel()
            let stopped = await #expect(throws: RolloutStopped.self) { try await rolling.value }
            #expect(stopped?.outcome == .rolledBack("rolled back: container \(host.service) is the old one"))
            #expect(try await host.engine.inspectContainer(host.service).id == before)
            #expect(try await Set(host.all) == [host.service, "\(host.service)-client"])
            let all = try await answers()
            #expect(Set(all.keys) == ["one", "two"], "\(all)")
            try await host.engine.removeContainer(asking)
            for name in try await host.all { try await host.engine.removeContainer(name) }
            try await host.engine.removeNetwork(network)
        }
    }

    @Test("a folder of the host that is a link, or lies behind one, is refused with where it leads")
    func linkedFolders() async throws {
        try await withHost { host in
            let image = try await TestImages.build("exec /bin/busybox httpd -f -p 8080")
            let folder = "\(FileManager.default.temporaryDirectory.path)/\(host.service)"
            try FileManager.default.createDirectory(atPath: "\(folder)/data", withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: folder) }
            try FileManager.default.createSymbolicLink(atPath: "\(folder)/root", withDestinationPath: "/")
            var run = ContainerRun(health: Probe(port: 8080, timeout: 20))
            func rollOut(_ volume: String, _ sequence: Int64) async throws {
                run.volumes = [volume]
                _ = try await host.replacement(image, job: "j\(sequence)", sequence: sequence, run, log: MemoryLog())
                    .run()
            }
            for path in ["root", "root/etc"] {
                let failure = await #expect(throws: JobFailure.self) { try await rollOut("\(folder)/\(path):/x:ro", 1) }
                #expect(
                    failure?.description.contains("\(folder)/root is a link to /; name the folder itself") == true,
                    "\(failure?.description ?? "")")
            }
            #expect(try await host.all.isEmpty)
            // One that is a folder is let; nothing is left that looked.
            try await rollOut("\(folder)/data:/x:ro", 2)
            #expect(try await host.all == [host.service])
            let looking = [DeployLabel.looks: "tester/\(host.service)"]
            #expect(try await host.engine.containers(labelled: looking).isEmpty)
            // Whatever others call theirs stays; what this deployer left when it was killed goes.
            var theirs = ContainerSpecification(image: image)
            let foreign = try await host.engine.createContainer(theirs, name: "\(host.service)-folders")
            theirs.labels = looking
            _ = try await host.engine.createContainer(theirs)
            try await rollOut("\(folder)/data:/y:ro", 3)
            #expect(try await host.engine.inspectContainer("\(host.service)-folders").id == foreign)
            #expect(try await host.engine.containers(labelled: looking).isEmpty)
            try await host.engine.removeContainer(foreign)
        }
    }

    @Test("what a container keeps in a volume without a name is there in the next one, and after one that failed")
    func volumesWithoutNames() async throws {
        try await withHost { host in
            let keeping = """
                /bin/busybox touch /data/$(/bin/busybox hostname)
                exec /bin/busybox httpd -f -p 8080 -h /data
                """
            let one = try await TestImages.build(keeping, volumes: ["/data"])
            let two = try await TestImages.build(keeping, volumes: ["/data"])
            let bad = try await TestImages.build("exit 1", volumes: ["/data"])
            let run = ContainerRun(health: Probe(port: 8080, timeout: 20))
            func files() async throws -> Int {
                let container = try await host.engine.inspectContainer(host.service)
                var count = 0
                // Each container left a file named by its id.
                for file in first + [String(container.id.prefix(12))] {
                    let command = ["/bin/busybox", "test", "-e", "/data/\(file)"]
                    if try await host.engine.execute(command, in: container.id) == 0 { count += 1 }
                }
                return count
            }
            let begun = try await host.replacement(one, job: "j1", sequence: 1, run, log: MemoryLog()).run()
            let first = [begun.revision]
            await #expect(throws: JobFailure.self) {
                try await host.replacement(bad, job: "j2", sequence: 2, run, log: MemoryLog()).run()
            }
            #expect(try await files() == 2)
            let log = MemoryLog()
            let second = try await host.replacement(two, job: "j3", sequence: 3, run, log: log).run()
            #expect(second.revision != begun.revision)
            #expect(try await files() == 2)
            #expect(log.text.contains("/data goes on in the volume"))
            let again = try await host.replacement(one, job: "j4", sequence: 4, run, log: MemoryLog()).run()
            #expect(again.revision != second.revision)
            #expect(try await files() == 2)
        }
    }

    @Test(
        "a volume and a folder that somebody gave a container by hand are in the next ones, until a step takes them away"
    )
    func volumesWithNames() async throws {
        try await withHost { host in
            let image = try await TestImages.build("exec /bin/busybox httpd -f -p 8080 -h /data", volumes: ["/data"])
            let two = try await TestImages.server("two")
            let volume = "\(host.service)-data"
            try await host.engine.createVolume(volume, labels: [DeployLabel.service: host.service])
            var theirs = ContainerSpecification(image: image)
            theirs.mounts = [
                .volume(name: volume, path: "/data"), .bind(source: "/usr/share", path: "/conf", readOnly: true),
            ]
            let old = try await host.engine.createContainer(theirs, name: host.service)
            try await host.engine.startContainer(old)
            func has(_ file: String) async throws -> Bool {
                try await host.engine.execute(["/bin/busybox", "test", "-e", file], in: host.service) == 0
            }
            _ = try await host.engine.execute(["/bin/busybox", "touch", "/data/precious"], in: old)
            let log = MemoryLog()
            var run = ContainerRun(health: Probe(port: 8080, timeout: 20))
            _ = try await host.replacement(image, job: "j1", sequence: 1, run, log: log).run()
            #expect(try await has("/data/precious"))
            #expect(log.text.contains("/data goes on in the volume \(volume)"), "\(log.text)")
            #expect(log.text.contains("/conf goes on in /usr/share of the host"), "\(log.text)")
            let made = try await host.engine.inspectContainer(host.service)
            #expect(made.id != old && made.sources["/conf"] == "/usr/share")
            // Both would write to it.
            #expect(log.text.contains("stops: it cannot run beside the other one"))
            run.volumes = ["\(volume):/data"]
            _ = try await host.replacement(two, job: "j2", sequence: 2, run, log: MemoryLog()).run()
            #expect(try await has("/data/precious"))
            run.volumes = []
            let last = MemoryLog()
            _ = try await host.replacement(two, job: "j3", sequence: 3, run, log: last).run()
            #expect(try await !has("/data/precious"))
            #expect(last.text.contains("stays in the volume \(volume)"), "\(last.text)")
            #expect(try await host.engine.inspectContainer(host.service).sources["/conf"] == "/usr/share")
        }
    }

    @Test("the aliases and networks of a container that somebody made go to the next one once it is well")
    func aliasesAndNetworks() async throws {
        try await withHost { host in
            let networks = ["\(host.service)-one", "\(host.service)-two"]
            for network in networks { _ = try await host.engine.createNetwork(network) }
            let (one, two) = (try await TestImages.server("one"), try await TestImages.server("two"))
            var theirs = ContainerSpecification(image: one)
            (theirs.network, theirs.aliases) = (networks[0], ["shop"])
            let old = try await host.engine.createContainer(theirs, name: host.service)
            try await host.engine.connect(old, to: networks[1], aliases: ["other"])
            try await host.engine.startContainer(old)
            var asker = ContainerSpecification(image: one)
            (asker.network, asker.moreNetworks) = (networks[0], [networks[1]])
            asker.labels = [DeployLabel.service: host.service]
            let asking = try await host.engine.createContainer(asker, name: "\(host.service)-asker")
            try await host.engine.startContainer(asking)
            func answers(_ name: String, _ text: String) async throws -> Bool {
                let ask =
                    "for i in 1 2 3 4; do /bin/busybox wget -q -O - http://\(name):8080/index.html || exit 1; done"
                let command = "test \"$(\(ask))\" = \"$(for i in 1 2 3 4; do /bin/busybox echo \(text); done)\""
                return try await host.engine.execute(["/bin/busybox", "sh", "-c", command], in: asking) == 0
            }
            func run(_ path: String, aliases: [String] = []) -> ContainerRun {
                ContainerRun(
                    network: networks[0], aliases: aliases, health: Probe(port: 8080, path: path, timeout: 4))
            }
            try await eventually("the old one's answer") { try await answers("shop", "one") }
            // One that is not well is never asked.
            let broken = try host.replacement(two, job: "j1", sequence: 1, run("/nothing"), log: MemoryLog())
            let failing = Task { try await broken.run() }
            try await eventually("the new one") {
                (try? await host.engine.inspectContainer(ServiceNames(host.service).next).state.isRunning) == true
            }
            #expect(try await answers("shop", "one"))
            await #expect(throws: JobFailure.self) { try await failing.value }
            let log = MemoryLog()
            _ = try await host.replacement(
                two, job: "j2", sequence: 2, run("/index.html", aliases: ["store"]), log: log
            ).run()
            for name in ["shop", "other", "store", host.service] {
                #expect(try await answers(name, "two"), "\(name): \(log.text)")
            }
            let made = try await host.engine.inspectContainer(host.service)
            #expect(Set(made.networks.keys) == Set(networks))
            #expect(log.text.contains("the new container answers to shop in the network \(networks[0])"), "\(log.text)")
            #expect(log.text.contains("the new container is in the network \(networks[1])"), "\(log.text)")
            // What a step no longer says is gone, what nobody said is not.
            _ = try await host.replacement(one, job: "j3", sequence: 3, run("/index.html"), log: MemoryLog()).run()
            #expect(try await answers("shop", "one"))
            #expect(try await answers("other", "one"))
            #expect(try await !answers("store", "one"))
            for name in [asking, host.service] { try await host.engine.removeContainer(name) }
            for network in networks { try await host.engine.removeNetwork(network) }
        }
    }

    @Test("a tag is what it stands for at the registry; unchanged, nothing is restarted, and the number is written")
    func tags() async throws {
        try await withHost { host in
            let (one, two) = (try await TestImages.server("one"), try await TestImages.server("two"))
            let tag = try await TestImages.tag(one)
            let run = ContainerRun(labels: ["shop.front": "yes"], health: Probe(port: 8080, timeout: 20))
            let log = MemoryLog()
            let first = try await host.replacement(tag, job: "j1", sequence: 1, run, log: log).run()
            #expect(first.image.hasSuffix("@" + (one.split(separator: "@").last ?? "")))
            #expect(log.text.contains("is \(first.image)"))
            let container = try await host.engine.inspectContainer(host.service)
            #expect(container.image == first.image)
            #expect(container.labels["shop.front"] == "yes")
            let again = MemoryLog()
            let second = try await host.replacement(tag, job: "j2", sequence: 2, run, log: again).run()
            #expect(second.isUnchanged)
            #expect(second.revision == first.revision)
            #expect(again.text.contains("nothing is restarted"))
            // What an older one sees of it.
            let error = await #expect(throws: JobFailure.self) {
                try await host.replacement(two, job: "j1b", sequence: 1, run, log: MemoryLog()).run()
            }
            #expect(error?.reason.contains("a newer rollout") == true)
            let records = try await host.engine.volumes(labelled: [DeployLabel.service: host.service])
            #expect(records.map(\.labels[DeployLabel.sequence]) == ["2"])
            #expect(records.map(\.labels[DeployLabel.owner]) == ["shop/web"])
            // The same image, and another specification.
            var changed = run
            changed.labels["shop.front"] = "no"
            let third = try await host.replacement(tag, job: "j3", sequence: 3, changed, log: MemoryLog()).run()
            #expect(!third.isUnchanged)
            #expect(third.revision != first.revision)
            // Pushed anew, the same tag is another image.
            try await TestImages.push(two, as: tag)
            let moved = try await host.replacement(tag, job: "j4", sequence: 4, changed, log: MemoryLog()).run()
            #expect(moved.image.hasSuffix("@" + (two.split(separator: "@").last ?? "")))
            #expect(try await host.engine.inspectContainer(host.service).image == moved.image)
        }
    }

    @Test("what has been running without a health check is said to have run since its start")
    func unchecked() async throws {
        try await withHost { host in
            let one = try await TestImages.server("one")
            _ = try await host.replacement(one, job: "j1", sequence: 1, log: MemoryLog()).run()
            let start = try await host.engine.inspectContainer(host.service).state.startedAt.prefix { $0 != "." }
            let log = MemoryLog()
            let again = try await host.replacement(one, job: "j2", sequence: 2, log: log).run()
            #expect(again.isUnchanged)
            #expect(log.text.contains("it has run since \(start)Z without a restart"), "\(log.text)")
        }
    }

    @Test("several networks, a memory limit, a user, no init process, a log driver and the engine's own check")
    func asItIsWritten() async throws {
        try await withHost { host in
            var networks: [String] = []
            for part in ["front", "back"] {
                networks.append("\(host.service)-\(part)")
                _ = try await host.engine.createNetwork(networks[networks.count - 1])
            }
            let one = try await TestImages.build("exit 9")
            let run = ContainerRun(
                network: networks[0], networks: [networks[1]], entrypoint: ["/bin/busybox"],
                command: ["sh", "-c", "exec /bin/busybox sleep 1000"], user: "1000:1000", memory: 32 << 20, init: false,
                logging: .init(driver: "json-file", options: ["max-size": "1m"]),
                healthCheck: .init(command: ["/bin/busybox", "true"], interval: 1), stopGracePeriod: 42)
            let log = MemoryLog()
            _ = try await host.replacement(one, job: "j1", sequence: 1, run, log: log).run()
            #expect(log.text.contains("its health check says it is healthy"))
            let container = try await host.engine.inspectContainer(host.service)
            #expect(Set(container.networks.keys) == Set(networks))
            #expect(container.stopTimeout == 42)
            let isFirst = [
                "/bin/busybox", "sh", "-c",
                "/bin/busybox grep -q ^sleep /proc/1/comm || /bin/busybox grep -q busybox /proc/1/comm",
            ]
            #expect(try await host.engine.execute(isFirst, in: container.id) == 0)
            let user = ["/bin/busybox", "sh", "-c", "test $(/bin/busybox id -u):$(/bin/busybox id -g) = 1000:1000"]
            #expect(try await host.engine.execute(user, in: container.id) == 0)
            for name in try await host.all { try await host.engine.removeContainer(name) }
            for network in networks { try await host.engine.removeNetwork(network) }
        }
    }

    @Test("replaced by another hand while it waits, it says so")
    func anotherHand() async throws {
        try await withHost { host in
            let (one, two) = (try await TestImages.server("one"), try await TestImages.server("two"))
            _ = try await host.replacement(one, job: "j1", sequence: 1, log: MemoryLog()).run()
            let run = ContainerRun(health: Probe(command: ["/bin/busybox", "test", "-e", "/go"], timeout: 60))
            let log = MemoryLog()
            let replacement = try host.replacement(two, job: "j2", sequence: 2, run, log: log)
            let rollout = Task { try await replacement.run() }
            try await eventually("the probe") { log.text.contains("ends with exit code 1") }
            try await host.engine.removeContainer(host.service)
            var other = ContainerSpecification(image: one)
            other.labels = [:]
            let theirs = try await host.engine.createContainer(other, name: host.service)
            try await host.engine.startContainer(theirs)
            _ = try await host.engine.execute(
                ["/bin/busybox", "touch", "/go"], in: ServiceNames(host.service).next)
            let error = await #expect(throws: JobFailure.self) { try await rollout.value }
            let reason = error?.reason ?? ""
            #expect(reason.contains("changed by another hand since this rollout began"), "\(reason)")
            #expect(try await host.all.isEmpty)
            #expect(try await host.engine.inspectContainer(host.service).id == theirs)
            try await host.engine.removeContainer(theirs)
        }
    }

    @Test("a newer rollout takes over at once from one that waits")
    func takeover() async throws {
        try await withHost { host in
            let (one, two) = (try await TestImages.server("one"), try await TestImages.server("two"))
            let stuck = ContainerRun(health: Probe(command: ["/bin/busybox", "false"], timeout: 170))
            let log = MemoryLog()
            let replacement = try host.replacement(one, job: "j1", sequence: 1, stuck, log: log)
            let rollout = Task { try await replacement.run() }
            try await eventually("the probe") { log.text.contains("ends with exit code 1") }
            let run = ContainerRun(health: Probe(port: 8080, timeout: 20))
            _ = try await host.replacement(two, job: "j2", sequence: 2, run, log: MemoryLog()).run()
            let error = await #expect(throws: JobFailure.self) { try await rollout.value }
            #expect(
                error?.reason.contains("by shop/web#j2 is there: number 2, this one is 1") == true,
                "\(error?.reason ?? "")")
            #expect(try await host.all == [host.service])
            #expect(try await host.engine.inspectContainer(host.service).image == two)
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
            try await host.engine.renameContainer(old, to: ServiceNames(host.service).previous)
            _ = try await host.replacement(two, job: "j2", sequence: 2, log: MemoryLog()).run()
            #expect(try await host.all == [host.service])
            #expect(try await host.engine.inspectContainer(host.service).image == two)
        }
    }

    @Test("a container that only has a name such as a rollout gives is left alone", arguments: [true, false])
    func namesOfOthers(hasOld: Bool) async throws {
        try await withHost { host in
            let (one, two) = (try await TestImages.server("one"), try await TestImages.server("two"))
            let bad = try await TestImages.build("exit 4")
            let names = ServiceNames(host.service)
            let other = names.previous
            var theirs = ContainerSpecification(image: one)
            if hasOld {
                try await host.engine.startContainer(
                    try await host.engine.createContainer(theirs, name: host.service))
            }
            var others: [String: Bool] = [:]
            for (name, isRunning) in [(other, true), (names.next, false), (names.ready[0], true)] {
                theirs.labels = name == other ? [:] : [DeployLabel.service: "\(host.service)-\(name)"]
                let id = try await host.engine.createContainer(theirs, name: name)
                if isRunning { try await host.engine.startContainer(id) }
                others[id] = isRunning
            }
            func left() async throws -> [String: Bool] {
                var left: [String: Bool] = [:]
                for name in [other, names.next, names.ready[0]] {
                    let container = try await host.engine.inspectContainer(name)
                    left[container.id] = container.state.isRunning
                }
                return left
            }
            let run = ContainerRun(health: Probe(port: 8080, timeout: 20))
            await #expect(throws: JobFailure.self) {
                try await host.replacement(bad, job: "j1", sequence: 1, run, log: MemoryLog()).run()
            }
            #expect(try await left() == others)
            for (job, image) in [("j2", two), ("j3", one)] {
                let log = MemoryLog()
                let result = try await host.replacement(
                    image, job: job, sequence: Int64(job.dropFirst()) ?? 0, run, log: log
                ).run()
                #expect(result.isFirst == (!hasOld && job == "j2"), "\(log.text)")
                #expect(try await left() == others)
                #expect(try await host.all == [host.service])
                #expect(try await host.engine.inspectContainer(host.service).image == image)
            }
            // And where the service's own name is another's.
            let error = await #expect(throws: JobFailure.self) {
                try await host.replacement(
                    two, job: "j4", sequence: 4, run, service: names.next, log: MemoryLog()
                ).run()
            }
            #expect(error?.reason.contains("is one of the service “\(host.service)-\(names.next)”") == true)
            for id in others.keys { try await host.engine.removeContainer(id) }
        }
    }

    @Test("a container stops by its own signal, and has the time that it was given")
    func stopTimeout() async throws {
        try await withHost { host in
            let slow = try await TestImages.build(
                """
                end() { /bin/busybox sleep 6; /bin/busybox touch /data/done; exit 0; }
                trap end USR1
                while :; do /bin/busybox sleep 0.1; done
                """)
            let two = try await TestImages.server("two")
            let volume = "\(host.service)-data"
            try await host.engine.createVolume(volume, labels: [DeployLabel.service: host.service])
            var theirs = ContainerSpecification(image: slow)
            theirs.mounts = [.volume(name: volume, path: "/data")]
            (theirs.stopSignal, theirs.stopTimeout) = ("SIGUSR1", 60)
            try await host.engine.startContainer(
                try await host.engine.createContainer(theirs, name: host.service))
            let log = MemoryLog()
            let run = ContainerRun(health: Probe(port: 8080, timeout: 20))
            _ = try await host.replacement(two, job: "j1", sequence: 1, run, log: log).run()
            #expect(log.text.contains("has up to 60 s to stop"), "\(log.text)")
            let isDone = ["/bin/busybox", "test", "-e", "/data/done"]
            #expect(try await host.engine.execute(isDone, in: host.service) == 0)
        }
    }

    @Test("the ports and the address of a container made by hand go to the next ones, and what does not is named")
    func madeByHand() async throws {
        try await withHost { host in
            let (one, two) = (try await TestImages.server("one"), try await TestImages.server("two"))
            let socket = try TestEnvironment.required("SLIPWAY_TEST_DOCKER_SOCKET")
            let network = "\(host.service)-net"
            let third = Int.random(in: 0...255)
            let address = "10.213.\(third).9"
            func docker(_ arguments: [String]) async throws {
                _ = try await runTool("docker", ["--host", "unix://\(socket)"] + arguments)
            }
            try await docker(["network", "create", "--subnet", "10.213.\(third).0/24", network])
            let port = try LoopbackPort.free()
            try await docker([
                "run", "--detach", "--name", host.service, "--publish", "127.0.0.1:\(port):8080", "--network", network,
                "--ip", address, "--restart", "always", "--env", "TOKEN=hunter2", "--memory", "64m", "--cap-add",
                "NET_ADMIN", "--add-host", "db:10.0.0.1", "--label", "front=hunter2", one,
            ])
            let old = try await host.engine.inspectContainer(host.service).id
            let bad = ContainerRun(network: network, health: Probe(port: 8080, path: "/nothing", timeout: 2))
            await #expect(throws: JobFailure.self) {
                try await host.replacement(two, job: "j1", sequence: 1, bad, log: MemoryLog()).run()
            }
            #expect(try await host.engine.inspectContainer(host.service).id == old)
            try await eventually("the old one's answer") { (try? await host.answer(port)) == "one\n" }
            var run = ContainerRun(network: network, health: Probe(port: 8080, timeout: 20))
            let log = MemoryLog()
            _ = try await host.replacement(two, job: "j2", sequence: 2, run, log: log).run()
            for line in [
                "127.0.0.1:\(port):8080 is published as by the old container; name it in “ports”",
                "the new container has the address \(address) in the network \(network)",
                "not taken over from the old container: environment TOKEN; labels front; restart always; memory 64m. Name",
                "“run” has no member for it: --cap-add CAP_NET_ADMIN --add-host db:10.0.0.1",
            ] { #expect(log.text.contains(line), "\(line): \(log.text)") }
            #expect(!log.text.contains("hunter2"))
            #expect(!log.text.contains("cannot be compared"))
            func check(_ text: String) async throws {
                #expect(try await host.answer(port) == text)
                #expect(try await host.engine.inspectContainer(host.service).networks[network]?.address == address)
                #expect(try await host.all == [host.service])
            }
            try await check("two\n")
            let again = MemoryLog()
            _ = try await host.replacement(one, job: "j3", sequence: 3, run, log: again).run()
            try await check("one\n")
            #expect(!again.text.contains("not taken over"), "\(again.text)")
            // What a step named goes with its line.
            run.ports = ["127.0.0.1:\(port):8080"]
            _ = try await host.replacement(two, job: "j4", sequence: 4, run, log: MemoryLog()).run()
            run.ports = []
            _ = try await host.replacement(one, job: "j5", sequence: 5, run, log: MemoryLog()).run()
            #expect(try await host.engine.inspectContainer(host.service).published.isEmpty)
            try await host.engine.removeContainer(host.service)
            try await host.engine.removeNetwork(network)
        }
    }

    @Test("the service's name as an alias of a container that somebody made is taken from it")
    func alias() async throws {
        try await withHost { host in
            let network = "\(host.service)-net"
            _ = try await host.engine.createNetwork(network)
            let (one, two) = (try await TestImages.server("one"), try await TestImages.server("two"))
            var theirs = ContainerSpecification(image: one)
            theirs.network = network
            theirs.aliases = [host.service]
            let old = try await host.engine.createContainer(theirs, name: host.service)
            try await host.engine.startContainer(old)
            let before = try await host.engine.inspectContainer(old).addresses[network] ?? ""
            let run = ContainerRun(network: network, health: Probe(port: 8080, timeout: 20))
            var replacement = try host.replacement(two, job: "j1", sequence: 1, run, log: MemoryLog())
            replacement.patience.drain = .seconds(60)
            let rolling = Task { [replacement] in try await replacement.run() }
            try await eventually("the new one in service") {
                try await host.all == [host.service]
            }
            let now = try await host.engine.inspectContainer(host.service).addresses[network] ?? ""
            func resolves(to address: String) async throws -> Bool {
                let command = "/bin/busybox nslookup \(host.service) 127.0.0.11 | /bin/busybox grep -qw \(address)"
                return try await host.engine.execute(["/bin/busybox", "sh", "-c", command], in: host.service) == 0
            }
            try await eventually("the new address alone") {
                let (isNew, isOld) = (try await resolves(to: now), try await resolves(to: before))
                return isNew && !isOld
            }
            #expect(try await host.engine.inspectContainer(old).state.isRunning)
            rolling.cancel()
            await #expect(throws: (any Error).self) { try await rolling.value }
            // The old one is as it was, and answers as it did.
            #expect(try await host.engine.inspectContainer(host.service).id == old)
            let again = try await host.engine.inspectContainer(old).addresses[network] ?? ""
            #expect(try await resolves(to: again))
            _ = try await host.replacement(two, job: "j1", sequence: 1, run, log: MemoryLog()).run()
            try await host.engine.removeContainer(host.service)
            try await host.engine.removeNetwork(network)
        }
    }

    @Test("an open connection goes on when the alias it came by is taken from the old container")
    func openConnections() async throws {
        try await withHost { host in
            let network = "\(host.service)-net"
            _ = try await host.engine.createNetwork(network)
            let echo = try await TestImages.build("exec /bin/busybox nc -l -p 7000 -e /bin/busybox cat")
            let count =
                "i=0; while [ $i -lt 600 ]; do /bin/busybox echo $i; i=$((i+1)); /bin/busybox usleep 100000; done"
            let asker = try await TestImages.build("( \(count) ) | /bin/busybox nc shop 7000")
            var theirs = ContainerSpecification(image: echo)
            (theirs.network, theirs.aliases) = (network, ["shop"])
            let old = try await host.engine.createContainer(theirs, name: host.service)
            try await host.engine.startContainer(old)
            var asking = ContainerSpecification(image: asker)
            (asking.network, asking.labels) = (network, [DeployLabel.service: host.service])
            let asks = try await host.engine.createContainer(asking, name: "\(host.service)-asker")
            try await host.engine.startContainer(asks)
            func answers() async throws -> Int {
                var text: [UInt8] = []
                for try await piece in try await host.engine.log(of: asks, follow: false, tail: 1000) {
                    text += piece.bytes
                }
                return text.count { $0 == UInt8(ascii: "\n") }
            }
            try await eventually("the first answers") { try await answers() > 2 }
            let run = ContainerRun(network: network, health: Probe(port: 8080, timeout: 20))
            let log = MemoryLog()
            var replacement = try host.replacement(
                try await TestImages.server("two"), job: "j1", sequence: 1, run, log: log)
            replacement.patience.drain = .seconds(60)
            let rolling = Task { [replacement] in try await replacement.run() }
            try await eventually("the alias taken") {
                try await host.engine.inspectContainer(old).networks[network]?.aliases.contains("shop") == false
            }
            let before = try await answers()
            try await eventually("more answers of the old one") { try await answers() > before + 5 }
            rolling.cancel()
            await #expect(throws: (any Error).self) { try await rolling.value }
            #expect(try await host.engine.inspectContainer(old).networks[network]?.aliases.contains("shop") == true)
            let again = try await answers()
            try await eventually("answers after it has the alias again") { try await answers() > again + 5 }
            #expect(!log.text.contains("connections there end"), "\(log.text)")
            for id in [asks, old] { try await host.engine.removeContainer(id) }
            try await host.engine.removeNetwork(network)
        }
    }

    @Test("one that answers its probe and ends while the old one drains is not deployed", arguments: ["no", "always"])
    func endsWhileTheOldOneDrains(restart: String) async throws {
        try await withHost { host in
            let network = "\(host.service)-net"
            _ = try await host.engine.createNetwork(network)
            let one = try await TestImages.server("one")
            let dying = try await TestImages.build(
                """
                /bin/busybox mkdir -p /www
                /bin/busybox httpd -p 8080 -h /www
                /bin/busybox sleep 2
                exit 3
                """)
            var run = ContainerRun(network: network, health: Probe(port: 8080, timeout: 20))
            let first = try await host.replacement(one, job: "j1", sequence: 1, run, log: MemoryLog()).run()
            run.restart = restart
            var replacement = try host.replacement(dying, job: "j2", sequence: 2, run, log: MemoryLog())
            replacement.patience.drain = .seconds(60)
            let began = ContinuousClock.now
            let rollout = replacement
            let error = await #expect(throws: JobFailure.self) { try await rollout.run() }
            let reason = error?.reason ?? ""
            #expect(reason.hasPrefix("the new container was well, and "), "\(reason)")
            #expect(reason.hasSuffix("; rolled back: container \(host.service) is the old one"), "\(reason)")
            #expect(ContinuousClock.now - began < .seconds(30))
            let container = try await host.engine.inspectContainer(host.service)
            #expect(container.id.hasPrefix(first.revision) && container.state.isRunning)
            #expect(try await host.all == [host.service])
            try await host.engine.removeContainer(host.service)
            try await host.engine.removeNetwork(network)
        }
    }

    @Test("one that answers its probe and ends within its soak never takes the place", arguments: ["no", "always"])
    func endsWhileItSoaks(restart: String) async throws {
        try await withHost { host in
            let one = try await TestImages.server("one")
            let dying = try await TestImages.build(
                """
                /bin/busybox mkdir -p /www
                /bin/busybox httpd -p 8080 -h /www
                /bin/busybox sleep 1
                exit 3
                """)
            var run = ContainerRun(health: Probe(port: 8080, timeout: 20))
            let first = try await host.replacement(one, job: "j1", sequence: 1, run, log: MemoryLog()).run()
            run.restart = restart
            let log = MemoryLog()
            var replacement = try host.replacement(dying, job: "j2", sequence: 2, run, log: log)
            replacement.patience.soak = .seconds(15)
            let rollout = replacement
            let error = await #expect(throws: JobFailure.self) { try await rollout.run() }
            let reason = error?.reason ?? ""
            #expect(reason.contains("again") == (restart == "always"), "\(reason)")
            #expect(reason.hasSuffix("; rolled back: container \(host.service) is the old one"), "\(reason)")
            #expect(log.text.contains("it has to stay so for 15 s"), "\(log.text)")
            let container = try await host.engine.inspectContainer(host.service)
            #expect(container.id.hasPrefix(first.revision) && container.state.isRunning)

            var good = try host.replacement(try await TestImages.server("two"), job: "j3", sequence: 3, run, log: log)
            good.patience.soak = .seconds(2)
            let second = good
            #expect(try await second.run().revision != first.revision)
        }
    }

    @Test("a rollout that is cancelled when the old one stops for good is done all the same")
    func cancelledAtTheEnd() async throws {
        try await withHost { host in
            // It stops as late as it may.
            let one = try await TestImages.build(
                "trap '/bin/busybox touch /stopping' TERM; while :; do /bin/busybox sleep 0.1; done")
            let two = try await TestImages.server("two")
            _ = try await host.replacement(one, job: "j1", sequence: 1, log: MemoryLog()).run()
            let run = ContainerRun(health: Probe(port: 8080, timeout: 20))
            let replacement = try host.replacement(two, job: "j2", sequence: 2, run, log: MemoryLog())
            let rolling = Task { try await replacement.run() }
            try await eventually("the new one in service") {
                // The name goes from one to the other.
                try await Set(host.all) == [host.service, "\(host.service)-previous"]
            }
            try await eventually("the old one is told to stop") {
                let command = ["/bin/busybox", "test", "-e", "/stopping"]
                return try await host.engine.execute(command, in: "\(host.service)-previous") == 0
            }
            rolling.cancel()
            let result = try await rolling.value
            #expect(try await host.engine.inspectContainer(host.service).id.hasPrefix(result.revision))
            #expect(try await host.all == [host.service])
        }
    }

    @Test("in the host's network one takes the place of the other, and comes back")
    func hostNetwork() async throws {
        try await withHost { host in
            let port = try LoopbackPort.free()
            func image(_ text: String) async throws -> String {
                try await TestImages.build(
                    """
                    /bin/busybox mkdir -p /www
                    /bin/busybox echo '\(text)' > /www/index.html
                    exec /bin/busybox httpd -f -p 127.0.0.1:\(port) -h /www
                    """)
            }
            func run(_ path: String) -> ContainerRun {
                ContainerRun(network: "host", health: Probe(port: port, path: path, timeout: 4))
            }
            let (one, two) = (try await image("one"), try await image("two"))
            _ = try await host.replacement(one, job: "j1", sequence: 1, run("/index.html"), log: MemoryLog()).run()
            #expect(try await host.answer(port) == "one\n")
            await #expect(throws: JobFailure.self) {
                try await host.replacement(two, job: "j2", sequence: 2, run("/nothing"), log: MemoryLog()).run()
            }
            try await eventually("the old one's answer") { (try? await host.answer(port)) == "one\n" }
            _ = try await host.replacement(two, job: "j3", sequence: 3, run("/index.html"), log: MemoryLog()).run()
            #expect(try await host.answer(port) == "two\n")
            #expect(try await host.all == [host.service])
        }
    }

    @Test("a port of the host that another container has is told with that container's name")
    func takenPort() async throws {
        try await withHost { host in
            let one = try await TestImages.server("one")
            let port = try LoopbackPort.free()
            var other = ContainerSpecification(image: one)
            other.ports = [.init(container: 8080, host: port, address: "127.0.0.1")]
            other.labels = [DeployLabel.service: host.service]
            let id = try await host.engine.createContainer(other, name: "\(host.service)-other")
            try await host.engine.startContainer(id)
            let run = ContainerRun(ports: ["127.0.0.1:\(port):8080"])
            let error = await #expect(throws: JobFailure.self) {
                try await host.replacement(one, job: "j1", sequence: 1, run, log: MemoryLog()).run()
            }
            #expect(
                error?.reason.hasPrefix("container \(host.service)-other has port \(port): ") == true,
                "\(error?.reason ?? "")")
            #expect(error?.reason.hasSuffix("; there was none before") == true)
            #expect(try await host.all == ["\(host.service)-other"])
        }
    }

    @Test("an image from a registry that does not answer is not what the tag may stand for by now")
    func awayRegistry() async throws {
        try await withHost { host in
            let one = try await TestImages.server("one")
            let built = "127.0.0.1:1/test/built:\(UInt64.random(in: .min ... .max))"
            let digest = try ImageReference(one)
            try await host.engine.tag(one, as: try ImageReference(built))
            // Built here, it is in no registry.
            let run = ContainerRun(health: Probe(port: 8080, timeout: 20))
            let log = MemoryLog()
            _ = try await host.replacement(built, job: "j1", sequence: 1, run, log: log).run()
            #expect(log.text.contains("it was built on this host"))
            // Known from a registry, where the tag is no more.
            let gone = ImageReference(host: digest.host, path: digest.path, tag: "gone-\(host.service)")
            try await host.engine.tag(one, as: gone)
            let error = await #expect(throws: JobFailure.self) {
                try await host.replacement("\(gone)", job: "j2", sequence: 2, run, log: MemoryLog()).run()
            }
            #expect(error?.reason.contains("cannot be pulled") == true, "\(error?.reason ?? "")")
            for name in [built, "\(gone)"] { try await host.engine.removeImage(name) }
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

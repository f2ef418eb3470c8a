import FoundationEssentials
import Secrets
import Testing

@testable import CommandLine

@Suite struct StackTests {
    private let layout = StackLayout(directory: "/tmp/stack", ports: StackPorts(base: 9080))

    @Test func aDeployersLoginIsNamedAsTheDeployerReadsItsClusters() {
        func clusters(_ value: String?) -> [String] {
            PrivateBroker(layout: layout, binaries: "/bin") { name, _ in name == "SLIPWAY_CLUSTERS" ? value : nil }
                .clusters
        }
        #expect(clusters(nil) == ["default"])
        #expect(clusters("east, west = /etc/west.kubeconfig") == ["default", "east", "west"])
        #expect(clusters(" default=/etc/a=b.kubeconfig,east") == ["default", "east"])
    }

    @Test func aServiceIsGivenTheKeysItNeedsAndNoOther() throws {
        let inherited = [
            "PATH": "/bin", "SLIPWAY_TOKEN": "secret", "SLIPWAY_LISTEN": "0.0.0.0:1", "SLIPWAY_HOOK_KEY": "mine",
            "SLIPWAY_LOG_LEVEL": "debug",
        ]
        let builder = try #require(StackService.all.first { $0.name == "builder" })
        let environment = builder.environment(
            layout: layout, broker: "/keys/broker-url", inherited: inherited, settings: [], engine: nil,
            processes: false)
        #expect(environment["PATH"] == "/bin")
        #expect(environment["SLIPWAY_LOG_LEVEL"] == "debug")
        #expect(environment["SLIPWAY_TOKEN"] == nil)
        #expect(environment["SLIPWAY_LISTEN"] == nil)
        #expect(environment["SLIPWAY_HOOK_KEY"] == nil)
        #expect(environment["SLIPWAY_HOOK_KEY_FILE"] == nil)
        #expect(environment["SLIPWAY_SEAL_KEYS_FILE"] == "/tmp/stack/keys/seal-keys-builder-default")
        #expect(environment["SLIPWAY_ADMIN_LISTEN"] == "127.0.0.1:10103")
    }

    /// Rules outlive the process that keeps them, and not the stack.
    @Test func aStackThatIsEndedLeavesNoRulesBehind() async throws {
        let folder = "/tmp/slipway-test-\(UInt32.random(in: .min ... .max))"
        let files = FileManager.default
        try files.createDirectory(atPath: "\(folder)/run", withIntermediateDirectories: true)
        defer { try? files.removeItem(atPath: folder) }
        let layout = StackLayout(directory: folder, ports: StackPorts(base: 9080))
        let stack = Stack(layout: layout, binaries: folder)
        func write(_ text: String, to path: String) throws {
            let attributes: [FileAttributeKey: Any] = [.posixPermissions: 0o755]
            try #require(files.createFile(atPath: path, contents: Data(text.utf8), attributes: attributes))
        }
        // No rules were set: nobody is called.
        #expect(try await stack.stop().isEmpty)
        try write("slipway_up_4711\n", to: layout.firewallMark)
        let missing = await #expect(throws: CommandError.self) { try await stack.stop() }
        #expect("\(missing, default: "")".contains("there is no \(folder)/builder"))
        #expect("\(missing, default: "")".contains("nft delete table inet slipway_up_4711; rm \(layout.firewallMark)"))
        try write("#!/bin/sh\necho nft is not here >&2; exit 1\n", to: "\(folder)/builder")
        let error = await #expect(throws: CommandError.self) { try await stack.stop() }
        #expect("\(error, default: "")".contains("nft is not here"))
        try write("#!/bin/sh\necho \"$@\" > \(folder)/called; rm \(layout.firewallMark)\n", to: "\(folder)/builder")
        _ = try await stack.stop()
        let called = files.contents(atPath: "\(folder)/called").map { String(decoding: $0, as: UTF8.self) }
        #expect(called == "firewall --remove true --name up_4711 --mark \(layout.firewallMark)\n")
    }

    @Test func settingsWinAndReachTheirServiceOnly() throws {
        let settings = [
            StackSetting(argument: "builder:SLIPWAY_RUNNERS=docker"), StackSetting(argument: "SLIPWAY_LOG_FORMAT=json"),
        ].compactMap { $0 }
        for service in StackService.all {
            let environment = service.environment(
                layout: layout, broker: "/keys/broker-url", inherited: [:], settings: settings, engine: nil,
                processes: false)
            #expect(environment["SLIPWAY_LOG_FORMAT"] == "json")
            if service.name == "builder" { #expect(environment["SLIPWAY_RUNNERS"] == "docker") }
            if service.name == "deployer" { #expect(environment["SLIPWAY_RUNNERS"] == nil) }
        }
    }

    @Test func withoutAnEngineStepsAreProcesses() throws {
        let builder = try #require(StackService.all.first { $0.name == "builder" })
        func runners(_ inherited: [String: String], engine: String?, processes: Bool = false) -> [String?] {
            let environment = builder.environment(
                layout: layout, broker: "/keys/broker-url", inherited: inherited, settings: [], engine: engine,
                processes: processes)
            return ["RUNNERS", "DOCKER_SOCKET", "PROCESS_DOCKER"].map { environment["SLIPWAY_\($0)"] }
        }
        func images(_ own: String?) -> String? {
            builder.environment(
                layout: layout, broker: "/keys/broker-url",
                inherited: own.map { ["SLIPWAY_DOCKER_LOCAL_IMAGES": $0] } ?? [:],
                settings: [], engine: nil, processes: false)["SLIPWAY_DOCKER_LOCAL_IMAGES"]
        }
        #expect(runners([:], engine: nil) == ["process", nil, nil])
        #expect(runners([:], engine: nil, processes: true) == ["process", nil, nil])
        #expect(runners([:], engine: "/run/e.sock") == ["docker", "/run/e.sock", nil])
        #expect(runners([:], engine: "/run/e.sock", processes: true) == ["docker,process", "/run/e.sock", "true"])
        #expect(runners(["SLIPWAY_DOCKER_SOCKET": "/a"], engine: nil) == ["docker", "/a", nil])
        #expect(runners(["SLIPWAY_RUNNERS": "process"], engine: "/a") == ["process", "/a", nil])
        #expect(images(nil) == "*")
        #expect(images("tools/*") == "tools/*")
    }

    @Test func theEngineIsTheOneAPersonsOwnCommandMeans() {
        #expect(LocalEngine.candidates(environment: ["DOCKER_HOST": "unix:///e.sock"]) == ["/e.sock"])
        #expect(LocalEngine.candidates(environment: ["DOCKER_HOST": "tcp://far:2375"]) == [])
        let usual = ["XDG_RUNTIME_DIR": "/run/user/7", "DOCKER_HOST": ""]
        #expect(LocalEngine.candidates(environment: usual) == ["/var/run/docker.sock", "/run/user/7/docker.sock"])
        #expect(LocalEngine.socket(environment: ["DOCKER_HOST": "unix:///nonexistent/e.sock"]) == nil)
    }

    @Test func noTwoPartsShareAPort() {
        let ports = StackPorts(base: 8080)
        let all =
            [ports.gateway, ports.sync, ports.pipeline, ports.broker, ports.brokerDistribution, ports.brokerMapper]
            + StackService.all.indices.map(ports.admin)
        #expect(Set(all).count == all.count)
        #expect(ports.admin(0) == 9100)
    }

    @Test func aRecordKnowsItsProcess() throws {
        let own = try #require(ProcessRecord(runningWith: ProcessInfo.processInfo.processIdentifier))
        #expect(own.isAlive)
        var other = own
        other.began += 1
        // The same number given to another program is another process.
        #expect(!other.isAlive)
        #expect(ProcessRecord(runningWith: 0x3FFF_FFFF) == nil)
    }

    @Test func `The one ring of before goes to the platform, and each service gets a file for its owner alone`() throws
    {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("stack-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let layout = StackLayout(directory: folder, ports: StackPorts(base: 9080))
        try layout.createDirectories()
        try SecretFile.write("local:\(StackKeys.random())\n".utf8, to: layout.key("seal-keys"))
        try StackKeys.prepare(layout, services: ["sync", "builder-gpu", "deployer-default+staging"])
        func ring(_ service: String) throws -> KeyRing {
            let file = layout.key(KeyFolder.file(of: service))
            let attributes = try FileManager.default.attributesOfItem(atPath: file)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            return try KeyRing(SecretFile.read(file, naming: "this test"))
        }
        #expect(try ring("pipeline").sharedKeys == ["local"])
        for (service, audience) in [
            ("sync", SealAudience.sync), ("builder-gpu", .builder(pool: "gpu")),
            ("deployer-default+staging", .deployer(cluster: "staging")),
        ] {
            let ring = try ring(service)
            #expect(ring.sharedKeys.isEmpty && ring.platformKeys.isEmpty && ring.keys(of: audience).count == 1)
        }
        // A service is given its own.
        let settings = ["builder:SLIPWAY_POOL=gpu", "deployer:SLIPWAY_CLUSTERS=staging=docker"]
            .compactMap(StackSetting.init(argument:))
        let files = StackService.all.map { service in
            service.environment(
                layout: layout, broker: "", inherited: [:], settings: settings, engine: nil, processes: false)[
                    "SLIPWAY_SEAL_KEYS_FILE"]?.split(separator: "/").last.map(String.init)
        }
        #expect(
            files == [
                nil, "seal-keys-sync", "seal-keys-pipeline", "seal-keys-builder-gpu",
                "seal-keys-deployer-default+staging", nil,
            ])
        // A pool is the builder's, unless it is said of the deployer.
        func pools(_ inherited: [String: String], _ arguments: String...) -> [String?] {
            let settings = arguments.compactMap(StackSetting.init(argument:))
            return StackService.all.filter { ["builder", "deployer"].contains($0.name) }.flatMap { service in
                let environment = service.environment(
                    layout: layout, broker: "", inherited: inherited, settings: settings, engine: nil, processes: false)
                #expect(environment["SLIPWAY_DEPLOYER_POOL"] == nil)
                let known = StackService.value(of: "SLIPWAY_POOL", for: service.name, settings, inherited)
                #expect(known == environment["SLIPWAY_POOL"])
                return [known, environment["SLIPWAY_SEAL_KEYS_FILE"]?.split(separator: "/").last.map(String.init)]
            }
        }
        let own = ["gpu", "seal-keys-builder-gpu", nil, "seal-keys-deployer-default"]
        #expect(pools(["SLIPWAY_POOL": "gpu"]) == own && pools([:], "SLIPWAY_POOL=gpu") == own)
        let both = ["gpu", "seal-keys-builder-gpu", "pay", "seal-keys-deployer-pay.default"]
        #expect(pools(["SLIPWAY_POOL": "gpu", "SLIPWAY_DEPLOYER_POOL": "pay"]) == both)
        #expect(pools(["SLIPWAY_POOL": "gpu"], "deployer:SLIPWAY_POOL=pay") == both)
        let pooled = ["SLIPWAY_POOL": "payments", "SLIPWAY_CLUSTERS": "staging=docker"]
        #expect(StackService.clusters { pooled[$0] } == ["payments.default", "payments.staging"])
    }

    @Test func keysAreAsLongAsTheyMustBe() throws {
        #expect(try #require(Data(base64Encoded: StackKeys.random())).count == 32)
        #expect(StackKeys.random() != StackKeys.random())
        #expect(StackKeys.password().allSatisfy { $0.isLetter || $0.isNumber })
    }
}

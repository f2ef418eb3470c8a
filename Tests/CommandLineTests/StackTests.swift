import FoundationEssentials
import Testing

@testable import CommandLine

@Suite struct StackTests {
    private let layout = StackLayout(directory: "/tmp/stack", ports: StackPorts(base: 9080))

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
        #expect(runners([:], engine: nil) == ["process", nil, nil])
        #expect(runners([:], engine: nil, processes: true) == ["process", nil, nil])
        #expect(runners([:], engine: "/run/e.sock") == ["docker", "/run/e.sock", nil])
        #expect(runners([:], engine: "/run/e.sock", processes: true) == ["docker,process", "/run/e.sock", "true"])
        #expect(runners(["SLIPWAY_DOCKER_SOCKET": "/a"], engine: nil) == ["docker", "/a", nil])
        #expect(runners(["SLIPWAY_RUNNERS": "process"], engine: "/a") == ["process", "/a", nil])
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

    @Test func keysAreAsLongAsTheyMustBe() throws {
        #expect(try #require(Data(base64Encoded: StackKeys.random())).count == 32)
        #expect(StackKeys.random() != StackKeys.random())
        #expect(StackKeys.password().allSatisfy { $0.isLetter || $0.isNumber })
    }
}

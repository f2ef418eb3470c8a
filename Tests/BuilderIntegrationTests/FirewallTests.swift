import Contracts
import DockerEngine
import Glibc
import Logging
import PipelineLanguage
import SystemPackage
import TestSupport
import Testing
import Worker

@testable import Builder

/// What containers of steps may not reach, tried from them. Addresses of documentation (RFC 5737) stand for the services.
@Suite(.serialized, .enabled(if: geteuid() == 0, "root alone sets rules of the firewall")) struct FirewallTests {
    private static let broker = "198.51.100.7"
    private static let host = "198.51.100.8"
    /// Of a cloud that answers questions for names where it tells a machine its secrets.
    private static let cloud = "169.254.77.77"

    /// Runs with both addresses on this machine, and a server at two ports of each.
    private func withServers(_ port: Int, _ body: () async throws -> Void) async throws {
        try await withTemporaryDirectory { directory in
            _ = try await runTool("sh", ["-c", "echo here > \(directory)/index.html"])
            for address in [Self.broker, Self.host, Self.cloud] {
                _ = try await runTool("ip", ["address", "replace", "\(address)/32", "dev", "lo"])
            }
            var servers: [String] = []
            let places = [
                (Self.broker, port), (Self.host, port), (Self.host, port + 1), (Self.cloud, 53), (Self.cloud, port),
            ]
            for (address, port) in places {
                servers.append(
                    try await runTool(
                        "sh",
                        [
                            "-c",
                            "busybox httpd -f -p \(address):\(port) -h \(directory) > /dev/null 2>&1 & echo $!",
                        ]))
            }
            let result: Result<Void, any Error>
            do {
                try await body()
                result = .success(())
            } catch {
                result = .failure(error)
            }
            for server in servers { if let process = pid_t(server.trimmingSpace) { kill(process, SIGKILL) } }
            for address in [Self.broker, Self.host, Self.cloud] {
                _ = try await runTool("ip", ["address", "delete", "\(address)/32", "dev", "lo"])
            }
            try result.get()
        }
    }

    @Test("a step, a service's address and a build reach neither the services nor the metadata service")
    func stepsAreKeptApart() async throws {
        let port = Int.random(in: 21_000...29_000)
        let rules = FirewallRules(
            name: "test_\(port)", networks: ["\(Self.broker)/32"], ports: [port])
        let firewall = Firewall(rules: rules, mark: nil, logger: Logger(label: "test"))
        try await BuilderScope.with { scope in
            try await withServers(port) {
                func ask(_ address: String) -> String { "timeout 20 wget -q -O - http://\(address)/ 2>&1 || true" }
                let targets = [
                    "\(Self.broker):\(port)", "\(Self.host):\(port)", "\(Self.host):\(port + 1)",
                    "\(Self.cloud):\(port)", "\(Self.cloud):53",
                ]
                let source = try await scope.repository([
                    "Dockerfile": "FROM \(scope.image)\nRUN \(ask(targets[0]))\n"
                ])
                let stage = Stage(
                    name: "main",
                    steps: targets.enumerated().map { index, target in
                        Step(name: "ask-\(index)", image: scope.image, commands: [ask(target)])
                    } + [
                        Step(
                            name: "build",
                            build: ImageBuild(
                                repository: "\(scope.name)/asks", tags: ["1"], noCache: true, push: false))
                    ])
                let open = try await scope.run(stage, source: source)
                #expect(open.finished.outcome == .success, "\(open.finished)")
                for index in targets.indices {
                    #expect(open.log("ask-\(index)").hasSuffix("here\n"), "\(open.log("ask-\(index)"))")
                }
                #expect(open.log("build").contains("here\n"), "\(open.log("build"))")

                try await firewall.set()
                // Again: it takes the place of what is there.
                try await firewall.set()
                let closed = try await scope.run(stage, source: source)
                try await firewall.remove()
                for step in ["ask-0", "ask-1", "ask-3", "build"] {
                    let log = closed.log(step)
                    #expect(log.contains("Connection refused"), "\(step): \(log)")
                    #expect(!log.contains("here\n"), "\(step): \(log)")
                }
                for step in ["ask-2", "ask-4"] {
                    #expect(closed.log(step).hasSuffix("here\n"), "\(step): \(closed.log(step))")
                }
                let after = try await scope.run(stage, source: source)
                #expect(after.log("ask-0").hasSuffix("here\n"))
                try await scope.engine.removeImage("\(scope.name)/asks:1", force: true)
            }
        }
        await #expect(throws: Firewall.Failure.self) {
            try await Firewall(
                rules: FirewallRules(name: "test", networks: ["nowhere"]), mark: nil, logger: Logger(label: "test")
            ).set()
        }
    }
}

extension String {
    fileprivate var trimmingSpace: String { filter { !$0.isWhitespace } }
}

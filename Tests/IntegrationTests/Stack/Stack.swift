import FoundationEssentials
import Logging
import Secrets
import SystemPackage
import TestSupport

/// Slipway's six services on real parts: a virtual host of the tests' RabbitMQ, the tests' Docker Engine, registry and
/// Kubernetes, on loopback and with their own state directory.
struct Stack: Sendable {
    let directory: FilePath
    let platform: PlatformClient
    let services: [String: ServiceProcess]
    let ports: Ports

    static let names = ["webhook-gateway", "sync", "pipeline", "builder", "deployer", "notifier"]

    struct Ports: Sendable {
        let gateway, sync, pipeline: Int
        let admin: [String: Int]

        init() throws {
            gateway = try LoopbackPort.free()
            sync = try LoopbackPort.free()
            pipeline = try LoopbackPort.free()
            admin = try Dictionary(uniqueKeysWithValues: Stack.names.map { ($0, try LoopbackPort.free()) })
        }
    }

    /// Starts the six, waits until each is ready, and ends them when `body` returns or throws; on a failure what they
    /// logged last is part of its text.
    /// - Parameters:
    ///   - brokerURL: the address of a broker, with one login for all; without it each service has its own.
    ///   - settings: more settings, by service. With a certificate of its own a service is reached over TLS.
    ///   - authority: the PEM file of who signed the certificates.
    ///   - programs: where those of another version are.
    static func with(
        brokerURL: String? = nil, settings: [String: [String: String]] = [:], authority: String? = nil,
        programs: FilePath? = nil, _ body: (Stack) async throws -> Void
    ) async throws {
        if let brokerURL {
            try await with(urls: [:], or: brokerURL, settings, authority, programs, body)
        } else {
            try await VirtualHost.with { host in
                let urls = try await BrokerLogins.make(on: host)
                try await with(urls: urls, or: host.url, settings, authority, programs, body)
            }
        }
    }

    private static func with(
        urls: [String: String], or url: String, _ settings: [String: [String: String]], _ authority: String?,
        _ programs: FilePath?, _ body: (Stack) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { directory in
            let database = try await TestDatabase.make(in: directory.string)
            var settings = settings
            settings["pipeline", default: [:]].merge(database.settings) { given, _ in given }
            for (name, url) in urls {
                settings[name, default: [:]].merge(["SLIPWAY_BROKER_URL": url]) { given, _ in given }
            }
            let stack = try Stack(in: directory, brokerURL: url, settings: settings, authority: authority)
            do {
                for name in names { try await stack.service(name).start(from: programs) }
                try await stack.ready()
                let token = try await stack.service("pipeline").token(named: "test")
                try writeFile(stack.tokenFile, token)
                stack.platform.signIn(token: token)
                try await body(stack)
            } catch {
                let logs = await stack.logs()
                await stack.end()
                try await database.remove()
                throw TestFailure("\(error)\n\(logs)")
            }
            await stack.end()
            try await database.remove()
        }
    }

    private init(
        in directory: FilePath, brokerURL: String, settings: [String: [String: String]], authority: String?
    ) throws {
        let ports = try Ports()
        self.directory = directory
        self.ports = ports
        func address(_ name: String, _ port: Int) -> String {
            "\(settings[name]?["SLIPWAY_TLS_CERTIFICATE_FILE"] == nil ? "http" : "https")://127.0.0.1:\(port)"
        }
        platform = PlatformClient(
            server: address("pipeline", ports.pipeline), gateway: address("webhook-gateway", ports.gateway),
            authority: authority)
        var environments = try Self.environments(directory, ports, brokerURL)
        environments["sync"]?["SLIPWAY_MIRROR_URL"] = address("sync", ports.sync)
        var services: [String: ServiceProcess] = [:]
        for name in Self.names {
            let environment = (environments[name] ?? [:]).merging(settings[name] ?? [:]) { $1 }
            services[name] = ServiceProcess(
                name: name, environment: environment, log: directory.appending("\(name).log"))
        }
        self.services = services
    }

    /// Where the token of the tests is, an administrator's.
    var tokenFile: FilePath { directory.appending("token") }

    func service(_ name: String) throws -> ServiceProcess {
        guard let service = services[name] else { throw TestFailure("there is no service \(name)") }
        return service
    }

    /// Waits until all services say they can do their work.
    func ready() async throws {
        for name in Self.names {
            let port = ports.admin[name] ?? 0
            try await eventually(within: .seconds(60), every: .milliseconds(50), "\(name) is ready") {
                try await platform.status("http://127.0.0.1:\(port)/readyz") == 200
            }
        }
    }

    private func end() async {
        for name in Self.names.reversed() { _ = try? await services[name]?.stop() }
    }

    private func logs() async -> String {
        var text = ""
        for name in Self.names { text += "--- \(name)\n\(await services[name]?.tail() ?? "")\n" }
        return text
    }

    private static func environments(
        _ directory: FilePath, _ ports: Ports, _ brokerURL: String
    ) throws -> [String: [String: String]] {
        func key() -> String { Data((0..<32).map { _ in UInt8.random(in: .min ... .max) }).base64EncodedString() }
        let hook = key()
        let mirror = key()
        let platform = try KeyRing("test:\(key())")
        func seal(_ audience: SealAudience) -> String { platform.text(for: [audience]) }
        var environments: [String: [String: String]] = [:]
        for name in names {
            environments[name] = [
                "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": directory.string,
                "SLIPWAY_BROKER_URL": brokerURL, "SLIPWAY_DATA": directory.appending(name).string,
                "SLIPWAY_ADMIN_LISTEN": "127.0.0.1:\(ports.admin[name] ?? 0)", "SLIPWAY_LOG_LEVEL": "debug",
                // What a test that was interrupted left behind is found by this.
                "SLIPWAY_TEST_RUN": TestEnvironment.optional("SLIPWAY_TEST_RUN") ?? "",
            ]
        }
        func add(_ name: String, _ values: [String: String]) { environments[name]?.merge(values) { $1 } }
        add("webhook-gateway", ["SLIPWAY_LISTEN": "127.0.0.1:\(ports.gateway)", "SLIPWAY_HOOK_KEY": hook])
        add(
            "sync",
            [
                "SLIPWAY_LISTEN": "127.0.0.1:\(ports.sync)", "SLIPWAY_MIRROR_KEY": mirror,
                "SLIPWAY_SEAL_KEYS": seal(.sync),
                "SLIPWAY_ALLOW_FILE_REPOSITORIES": "true",
            ])
        add(
            "pipeline",
            [
                "SLIPWAY_LISTEN": "127.0.0.1:\(ports.pipeline)", "SLIPWAY_HOOK_KEY": hook,
                "SLIPWAY_MIRROR_KEY": mirror, "SLIPWAY_SEAL_KEYS": platform.text, "SLIPWAY_LEASE_SECONDS": "3",
                "SLIPWAY_HOLD_SECONDS": "2",
            ])
        let worker = [
            "SLIPWAY_RUNNERS": "docker,process",
            "SLIPWAY_DOCKER_SOCKET": try TestEnvironment.required("SLIPWAY_TEST_DOCKER_SOCKET"),
        ]
        add(
            "builder",
            worker.merging([
                "SLIPWAY_SEAL_KEYS": seal(.builder(pool: "default")), "SLIPWAY_DOCKER_LOCAL_IMAGES": "*",
            ]) { $1 })
        add("deployer", worker)
        add(
            "deployer",
            [
                "SLIPWAY_SEAL_KEYS": seal(.deployer(cluster: "default")),
                "SLIPWAY_KUBECONFIG": try TestEnvironment.required("SLIPWAY_TEST_KUBECONFIG"),
            ])
        return environments
    }
}

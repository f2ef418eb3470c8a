import FoundationEssentials
import Glibc
import Subprocess
import SystemPackage

/// A RabbitMQ node of the stack's own, from the program that the system has (Debian's `rabbitmq-server`).
///
/// Its port mapper (`epmd`) is its own too, so that it neither meets nor disturbs another Erlang on the machine, and
/// everything listens on loopback.
struct PrivateBroker: Sendable {
    let layout: StackLayout
    /// The `pipeline` program, which knows what each service may do.
    let platform: String
    /// The pool of the stack's builder.
    let pool: String
    /// What the stack's deployer serves.
    let clusters: [String]

    /// - Parameter setting: a setting's value for a service.
    init(layout: StackLayout, binaries: String, setting: (_ name: String, _ service: String) -> String?) {
        self.layout = layout
        platform = "\(binaries)/pipeline"
        pool = StackService.pool { setting($0, "builder") }
        clusters = StackService.clusters { setting($0, "deployer") }
    }

    /// Whether each service has its own login; not yet where a node of before still runs.
    var hasLogins: Bool { FileManager.default.fileExists(atPath: "\(layout.logins)/definitions.json") }

    /// The file with the address that a service reaches the node at, or its operator.
    func address(of name: String) -> String {
        guard hasLogins else { return layout.key("broker-url") }
        return switch name {
        case "builder": "\(layout.logins)/broker-url-builder-\(pool)"
        case "deployer": "\(layout.logins)/broker-url-deployer-\(clusters.joined(separator: "+"))"
        default: "\(layout.logins)/broker-url-\(name)"
        }
    }

    static let records = ["rabbitmq-epmd", "rabbitmq"]

    /// Where systems keep the scripts. Debian's wrapper in `/usr/sbin` changes to another user, which is not wanted.
    private static let folders = [
        "/usr/lib/rabbitmq/bin", "/opt/rabbitmq/sbin", "/usr/local/lib/rabbitmq/bin", "/usr/local/sbin",
        "/opt/homebrew/sbin",
    ]

    /// Writes what the node needs, and the address that each service reaches it at.
    func prepare(environment inherited: [String: String]) async throws {
        try FileManager.default.createDirectory(
            atPath: layout.broker, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        var arguments = [
            "broker", "definitions", "--folder", layout.logins, "--address", "127.0.0.1:\(layout.ports.broker)",
            "--pools", pool, "--clusters", clusters.joined(separator: "+"),
        ]
        // The one login of a stack of before.
        if FileManager.default.fileExists(atPath: layout.key("broker-password")) {
            arguments += ["--former", "slipway"]
        }
        var variables: [Environment.Key: String] = [:]
        for (name, value) in inherited where !name.hasPrefix("SLIPWAY_") {
            if let key = Environment.Key(rawValue: name) { variables[key] = value }
        }
        let written = try await run(
            .path(FilePath(platform)), arguments: Arguments(arguments), environment: .custom(variables),
            output: .discarded, error: .string(limit: 64 << 10))
        guard case .exited(0) = written.terminationStatus else {
            throw CommandError(
                "the logins of RabbitMQ could not be made", remedy: "see what \(platform) said",
                details: written.standardError.split(separator: "\n").map(String.init))
        }
        try SecretFile.write("[].\n".utf8, to: layout.broker + "/enabled_plugins")
        try SecretFile.write(
            """
            listeners.tcp.1 = 127.0.0.1:\(layout.ports.broker)
            load_definitions = \(layout.logins)/definitions.json
            log.file.level = info
            """.utf8 + [0x0A], to: layout.broker + "/rabbitmq.conf")
    }

    /// Starts the port mapper and the node. Both write their records before this returns.
    func start(environment inherited: [String: String]) throws {
        guard let folder = Self.folders.first(where: { access($0 + "/rabbitmq-server", X_OK) == 0 }) else {
            throw CommandError(
                "no RabbitMQ is configured and none is installed to start one",
                remedy: "install it (Debian: apt-get install rabbitmq-server) or give --broker amqp://…")
        }
        guard let mapper = Self.find("epmd", path: inherited["PATH"] ?? "/usr/bin:/bin") else {
            throw CommandError("Erlang's epmd is not on the PATH", remedy: "install Erlang (Debian: erlang-base)")
        }
        let environment = environment(inherited)
        let epmd = try DetachedProcess.start(
            mapper, environment: environment, directory: layout.broker, log: layout.log("rabbitmq-epmd"))
        try epmd.save(layout.record("rabbitmq-epmd"))
        let node = try DetachedProcess.start(
            folder + "/rabbitmq-server", environment: environment, directory: layout.broker,
            log: layout.log("rabbitmq"))
        try node.save(layout.record("rabbitmq"))
    }

    private func environment(_ inherited: [String: String]) -> [String: String] {
        var environment = inherited.filter { !$0.key.hasPrefix("RABBITMQ_") && !$0.key.hasPrefix("SLIPWAY_") }
        let broker = layout.broker
        environment["HOME"] = broker
        environment["LC_ALL"] = "C.UTF-8"
        environment["RABBITMQ_NODENAME"] = "slipway\(layout.ports.broker)@localhost"
        environment["RABBITMQ_MNESIA_BASE"] = broker + "/data"
        environment["RABBITMQ_LOG_BASE"] = broker + "/log"
        environment["RABBITMQ_CONFIG_FILE"] = broker + "/rabbitmq.conf"
        environment["RABBITMQ_CONF_ENV_FILE"] = "/dev/null"
        environment["RABBITMQ_ENABLED_PLUGINS_FILE"] = broker + "/enabled_plugins"
        environment["RABBITMQ_PID_FILE"] = broker + "/node.pid"
        // The script then becomes Erlang itself, so that the record names the process to end.
        environment["RUNNING_UNDER_SYSTEMD"] = "true"
        environment["RABBITMQ_DIST_PORT"] = "\(layout.ports.brokerDistribution)"
        // Schedulers that spin while idle would cost a laptop its battery.
        environment["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] =
            "-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none"
        environment["ERL_EPMD_ADDRESS"] = "127.0.0.1"
        environment["ERL_EPMD_PORT"] = "\(layout.ports.brokerMapper)"
        return environment
    }

    private static func find(_ program: String, path: String) -> String? {
        path.split(separator: ":").map { "\($0)/\(program)" }.first { access($0, X_OK) == 0 }
    }
}

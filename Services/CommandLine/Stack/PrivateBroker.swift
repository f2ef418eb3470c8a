import FoundationEssentials
import Glibc

/// A RabbitMQ node of the stack's own, from the program that the system has (Debian's `rabbitmq-server`).
///
/// Its port mapper (`epmd`) is its own too, so that it neither meets nor disturbs another Erlang on the machine, and
/// everything listens on loopback.
struct PrivateBroker: Sendable {
    let layout: StackLayout

    static let records = ["rabbitmq-epmd", "rabbitmq"]

    /// Where systems keep the scripts. Debian's wrapper in `/usr/sbin` changes to another user, which is not wanted.
    private static let folders = [
        "/usr/lib/rabbitmq/bin", "/opt/rabbitmq/sbin", "/usr/local/lib/rabbitmq/bin", "/usr/local/sbin",
        "/opt/homebrew/sbin",
    ]

    /// Writes what the node needs and keeps the address services reach it at.
    func prepare() throws {
        try FileManager.default.createDirectory(
            atPath: layout.broker, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let password = try StackKeys.keep(layout.key("broker-password"), make: StackKeys.password)
        try SecretFile.write(
            "amqp://slipway:\(password)@127.0.0.1:\(layout.ports.broker)/\n".utf8, to: layout.key("broker-url"))
        try SecretFile.write("[].\n".utf8, to: layout.broker + "/enabled_plugins")
        try SecretFile.write(
            """
            listeners.tcp.1 = 127.0.0.1:\(layout.ports.broker)
            default_user = slipway
            default_pass = \(password)
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

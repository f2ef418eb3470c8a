import FoundationEssentials

/// Where a local stack keeps what it needs, and where it listens.
///
///     keys/      the broker's address and keys; for their owner only
///     data/      one folder for each service's state
///     log/       one file for each process
///     run/       one record for each process: its number and when it began
///     rabbitmq/  the private broker, where there is one
struct StackLayout: Sendable, Equatable {
    let directory: String
    let ports: StackPorts

    var lock: String { directory + "/lock" }
    var keys: String { directory + "/keys" }
    func key(_ name: String) -> String { "\(keys)/\(name)" }
    func data(_ name: String) -> String { "\(directory)/data/\(name)" }
    func log(_ name: String) -> String { "\(directory)/log/\(name).log" }
    func record(_ name: String) -> String { "\(directory)/run/\(name).json" }
    var broker: String { directory + "/rabbitmq" }
    /// Written as long as the rules of the firewall are kept.
    var firewallMark: String { directory + "/run/firewall" }
    /// What the private broker loads at its start, and an address with a login for each service.
    var logins: String { directory + "/keys/broker" }
    var server: String { "http://127.0.0.1:\(ports.pipeline)" }
    var hooks: String { "http://127.0.0.1:\(ports.gateway)" }
    var mirror: String { "http://127.0.0.1:\(ports.sync)" }

    /// The folder of a person's own stack.
    static func standardDirectory(environment: [String: String] = ProcessInfo.processInfo.environment) -> String {
        let state =
            environment["XDG_STATE_HOME"].nonEmpty ?? (environment["HOME"].nonEmpty ?? "/root") + "/.local/state"
        return state + "/slipway"
    }

    /// A folder as a person gave it, made absolute: services are started elsewhere.
    static func absolute(_ path: String) -> String {
        if path.hasPrefix("/") { return path }
        return FileManager.default.currentDirectoryPath + "/" + path
    }

    func createDirectories() throws {
        for name in ["", "/keys", "/data", "/log", "/run"] {
            do {
                try FileManager.default.createDirectory(
                    atPath: directory + name, withIntermediateDirectories: true,
                    attributes: [.posixPermissions: 0o700])
            } catch {
                throw CommandError(
                    "\(directory + name) cannot be made: \(error)", remedy: "choose another folder with --state")
            }
        }
    }
}

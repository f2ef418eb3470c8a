import Contracts
import Secrets

/// One of Slipway's executables in a local stack.
struct StackService: Sendable, Equatable {
    /// The name of the executable, of its log and of its record.
    let name: String
    /// Which keys it is given: no service holds one that it does not need.
    let keys: [Key]

    enum Key: String, Sendable, CaseIterable {
        case hook = "hook-key"
        case mirror = "mirror-key"
        /// A file for each service: see ``part(_:)``.
        case seal = "seal-keys"

        /// The variable that names its file.
        var variable: String {
            switch self {
            case .hook: "SLIPWAY_HOOK_KEY"
            case .mirror: "SLIPWAY_MIRROR_KEY"
            case .seal: "SLIPWAY_SEAL_KEYS"
            }
        }
    }

    static let all = [
        StackService(name: "webhook-gateway", keys: [.hook]),
        StackService(name: "sync", keys: [.mirror, .seal]),
        StackService(name: "pipeline", keys: [.hook, .mirror, .seal]),
        StackService(name: "builder", keys: [.seal]),
        StackService(name: "deployer", keys: [.seal]),
        StackService(name: "notifier", keys: []),
    ]

    var index: Int { Self.all.firstIndex(of: self) ?? 0 }

    /// The name of its login and of its keys: that of its pool or of what it serves besides.
    /// - Parameter setting: a setting's value.
    func part(_ setting: (_ name: String) -> String?) -> String {
        switch name {
        case "builder": "builder-\(Self.pool(setting))"
        case "deployer": "deployer-\(Self.clusters(setting).joined(separator: "+"))"
        default: name
        }
    }

    /// A variable that is given to all of the stack, as a service of it reads it; `nil` where it is not for that one. A pool
    /// is meant for the builder: one that only its environments name is another's choice than that of where steps run.
    static func variable(_ name: String, of service: String) -> String? {
        switch name {
        case "SLIPWAY_POOL": service == "deployer" ? nil : name
        case "SLIPWAY_DEPLOYER_POOL": service == "deployer" ? "SLIPWAY_POOL" : nil
        default: name
        }
    }

    /// The value that a service of the stack has of a setting.
    static func value(
        of name: String, for service: String, _ settings: [StackSetting], _ inherited: [String: String]
    ) -> String? {
        settings.last { $0.name(for: service) == name }?.value
            ?? inherited.first { variable($0.key, of: service) == name && !$0.value.isEmpty }?.value
    }

    /// The pool of the stack's builder or deployer.
    static func pool(_ setting: (_ name: String) -> String?) -> String { setting("SLIPWAY_POOL") ?? "default" }

    /// The places that the stack's deployer serves.
    static func clusters(_ setting: (_ name: String) -> String?) -> [String] {
        let named = setting("SLIPWAY_CLUSTERS")?.split(separator: ",") ?? []
        let names = named.map { entry in String(entry.prefix { $0 != "=" }.filter { !$0.isWhitespace }) }
        return (["default"] + names.filter { !$0.isEmpty && $0 != "default" }).map {
            WorkerScope(pool: pool(setting), cluster: $0).place ?? $0
        }
    }

    /// Its environment: the caller's, so that any setting of its own reaches it, below what this stack decides.
    /// - Parameters:
    ///   - broker: The file with the address that it reaches the broker at.
    ///   - engine: The socket of this machine's Docker Engine, where there is one.
    ///   - processes: Whether steps may be processes also where there is one.
    ///   - known: Which settings are its own: those of others may hold secrets. `nil` gives it all.
    func environment(
        layout: StackLayout, broker: String, inherited: [String: String], settings: [StackSetting], engine: String?,
        processes: Bool, known: KnownSettings? = nil
    ) -> [String: String] {
        var environment: [String: String] = [:]
        for (given, value) in inherited {
            if let own = Self.variable(given, of: name) { environment[own] = value }
        }
        // A login of the command line is no setting of a service.
        for name in ["SLIPWAY_SERVER", "SLIPWAY_TOKEN", "SLIPWAY_TOKEN_FILE"] { environment[name] = nil }
        for name in ["SLIPWAY_LISTEN", "SLIPWAY_ADMIN_LISTEN", "SLIPWAY_DATA", "SLIPWAY_BROKER_URL"] {
            environment[name] = nil
            environment[name + "_FILE"] = nil
        }
        environment["SLIPWAY_BROKER_URL_FILE"] = broker
        environment["SLIPWAY_DATA"] = layout.data(name)
        environment["SLIPWAY_ADMIN_LISTEN"] = "127.0.0.1:\(layout.ports.admin(index))"
        for key in Key.allCases {
            environment[key.variable] = nil
            environment[key.variable + "_FILE"] = keys.contains(key) ? layout.key(key.rawValue) : nil
        }
        if keys.contains(.seal) {
            let part = part { Self.value(of: $0, for: name, settings, inherited) }
            environment[Key.seal.variable + "_FILE"] = layout.key(KeyFolder.file(of: part))
        }
        if let port = port(layout) { environment["SLIPWAY_LISTEN"] = "127.0.0.1:\(port)" }
        for setting in settings {
            if let own = setting.name(for: name) { environment[own] = setting.value }
        }
        if let known { environment = environment.filter { known.reads($0.key, name) } }
        let socket = environment["SLIPWAY_DOCKER_SOCKET"].nonEmpty ?? engine
        for (name, value) in ownDefaults(layout, engine: socket, processes: processes) where environment[name] == nil {
            environment[name] = value
        }
        return environment
    }

    /// Where it takes requests; `nil` where it takes none.
    func port(_ layout: StackLayout) -> Int? {
        switch name {
        case "webhook-gateway": layout.ports.gateway
        case "sync": layout.ports.sync
        case "pipeline": layout.ports.pipeline
        default: nil
        }
    }

    /// What differs on a person's own machine from a service's own defaults: repositories may be folders, steps may
    /// take the engine's own images, and be plain processes, with all that the person may do, where there is no engine or
    /// the person says so.
    private func ownDefaults(_ layout: StackLayout, engine: String?, processes: Bool) -> [String: String] {
        let socket = engine.map { ["SLIPWAY_DOCKER_SOCKET": $0] } ?? [:]
        return switch name {
        case "sync": ["SLIPWAY_MIRROR_URL": layout.mirror, "SLIPWAY_ALLOW_FILE_REPOSITORIES": "true"]
        case "pipeline": ["SLIPWAY_PUBLIC_URL": layout.server, "SLIPWAY_HOOKS_URL": layout.hooks]
        case "builder":
            (engine == nil
                ? ["SLIPWAY_RUNNERS": "process"]
                : socket.merging(["SLIPWAY_DOCKER_FIREWALL": layout.firewallMark]) { $1 }
                    .merging(
                        processes
                            ? ["SLIPWAY_RUNNERS": "docker,process", "SLIPWAY_PROCESS_DOCKER": "true"]
                            : ["SLIPWAY_RUNNERS": "docker"]
                    ) { $1 }).merging(["SLIPWAY_DOCKER_LOCAL_IMAGES": "*"]) { $1 }
        case "deployer": socket
        default: [:]
        }
    }
}

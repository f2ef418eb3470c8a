extension ContainerRun: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case ports, environment, volumes, network, networks, aliases, entrypoint, command, user, labels, memory, `init`
        case logging, restart, order, drain, health
        case healthCheck = "healthcheck"
        case stopSignal = "stop_signal"
        case stopGracePeriod = "stop_grace_period"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init()
        ports = try container.decode(.ports, default: [])
        environment = try container.decode(.environment, default: [:])
        volumes = try container.decode(.volumes, default: [])
        network = try container.decodeIfPresent(String.self, forKey: .network)
        networks = try container.decode(.networks, default: [])
        aliases = try container.decode(.aliases, default: [])
        entrypoint = try container.decode(.entrypoint, default: [])
        command = try container.decode(.command, default: [])
        user = try container.decodeIfPresent(String.self, forKey: .user)
        labels = try container.decode(.labels, default: [:])
        memory = try container.decodeIfPresent(Int64.self, forKey: .memory)
        self.`init` = try container.decode(.`init`, default: true)
        logging = try container.decodeIfPresent(Logging.self, forKey: .logging)
        healthCheck = try container.decodeIfPresent(HealthCheck.self, forKey: .healthCheck)
        stopSignal = try container.decodeIfPresent(String.self, forKey: .stopSignal)
        stopGracePeriod = try container.decodeIfPresent(Int.self, forKey: .stopGracePeriod)
        restart = try container.decode(.restart, default: "unless-stopped")
        order = try container.decodeIfPresent(Order.self, forKey: .order)
        drain = try container.decodeIfPresent(Int.self, forKey: .drain)
        health = try container.decodeIfPresent(Probe.self, forKey: .health)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(ports, forKey: .ports, unless: [])
        try container.encode(environment, forKey: .environment, unless: [:])
        try container.encode(volumes, forKey: .volumes, unless: [])
        try container.encodeIfPresent(network, forKey: .network)
        try container.encode(networks, forKey: .networks, unless: [])
        try container.encode(aliases, forKey: .aliases, unless: [])
        try container.encode(entrypoint, forKey: .entrypoint, unless: [])
        try container.encode(command, forKey: .command, unless: [])
        try container.encodeIfPresent(user, forKey: .user)
        try container.encode(labels, forKey: .labels, unless: [:])
        try container.encodeIfPresent(memory, forKey: .memory)
        try container.encode(self.`init`, forKey: .`init`, unless: true)
        try container.encodeIfPresent(logging, forKey: .logging)
        try container.encodeIfPresent(healthCheck, forKey: .healthCheck)
        try container.encodeIfPresent(stopSignal, forKey: .stopSignal)
        try container.encodeIfPresent(stopGracePeriod, forKey: .stopGracePeriod)
        try container.encode(restart, forKey: .restart, unless: "unless-stopped")
        try container.encodeIfPresent(order, forKey: .order)
        try container.encodeIfPresent(drain, forKey: .drain)
        try container.encodeIfPresent(health, forKey: .health)
    }
}

extension ContainerRun.HealthCheck: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case command, interval, timeout, retries
        case startPeriod = "start_period"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        command = try container.decode(.command, default: [])
        interval = try container.decodeIfPresent(Int.self, forKey: .interval)
        timeout = try container.decodeIfPresent(Int.self, forKey: .timeout)
        startPeriod = try container.decodeIfPresent(Int.self, forKey: .startPeriod)
        retries = try container.decodeIfPresent(Int.self, forKey: .retries)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(command, forKey: .command, unless: [])
        try container.encodeIfPresent(interval, forKey: .interval)
        try container.encodeIfPresent(timeout, forKey: .timeout)
        try container.encodeIfPresent(startPeriod, forKey: .startPeriod)
        try container.encodeIfPresent(retries, forKey: .retries)
    }
}

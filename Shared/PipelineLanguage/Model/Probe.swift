/// How one finds out that a service or a container works: it accepts connections, answers a request, or a command in
/// it succeeds.
public struct Probe: Sendable, Hashable {
    /// The port, in the container, that has to accept connections.
    public var port: Int?
    /// With a port: the path that has to answer with 2xx or 3xx.
    public var path: String?
    /// A command in the container that has to exit with 0.
    public var command: [String]
    /// How long to go on trying, in seconds.
    public var timeout: Int
    /// The pause between tries, in seconds.
    public var interval: Int

    public static let standardTimeout = 60
    public static let standardInterval = 1

    public init(
        port: Int? = nil, path: String? = nil, command: [String] = [], timeout: Int = Probe.standardTimeout,
        interval: Int = Probe.standardInterval
    ) {
        self.port = port
        self.path = path
        self.command = command
        self.timeout = timeout
        self.interval = interval
    }
}

extension Probe: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case port, path, command, timeout, interval
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        port = try container.decodeIfPresent(Int.self, forKey: .port)
        path = try container.decodeIfPresent(String.self, forKey: .path)
        command = try container.decode(.command, default: [])
        timeout = try container.decode(.timeout, default: Self.standardTimeout)
        interval = try container.decode(.interval, default: Self.standardInterval)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(port, forKey: .port)
        try container.encodeIfPresent(path, forKey: .path)
        try container.encode(command, forKey: .command, unless: [])
        try container.encode(timeout, forKey: .timeout, unless: Self.standardTimeout)
        try container.encode(interval, forKey: .interval, unless: Self.standardInterval)
    }
}

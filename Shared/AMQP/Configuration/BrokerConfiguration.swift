/// Where the broker is and how to talk to it.
public struct BrokerConfiguration: Sendable {
    /// The nodes of the broker, tried in random order.
    public var endpoints: [Endpoint]
    public var virtualHost: String
    public var username: String
    public var password: String
    /// `nil` for a plain connection.
    public var tls: TLSConfiguration?
    /// What the broker's own pages call the connections.
    public var connectionName: String
    /// How often either side shows a sign of life. A peer silent for twice as long is given up.
    public var heartbeat: Duration = .seconds(10)
    /// For one host: name, TCP and TLS, and again for the login and each declaration.
    public var connectTimeout: Duration = .seconds(5)
    public var backoff = Backoff()
    /// How many messages may wait for their confirm; more wait to be sent.
    public var publishWindow = 256
    /// The largest body sent or taken, in bytes. One that is larger is refused: `tooLarge` for one to be sent, a reject
    /// for one that was delivered.
    public var maximumBodySize = 128 << 20
    /// The first major version that drops what comes back too often to a queue that states no limit; see
    /// ``Queue/returnLimit``.
    public var statesLimitsFrom = 4

    public init(
        endpoints: [Endpoint], virtualHost: String = "/", username: String, password: String,
        tls: TLSConfiguration? = nil, connectionName: String
    ) {
        self.endpoints = endpoints
        self.virtualHost = virtualHost
        self.username = username
        self.password = password
        self.tls = tls
        self.connectionName = connectionName
    }
}

extension BrokerConfiguration: CustomStringConvertible, CustomDebugStringConvertible {
    /// Without the password.
    public var description: String {
        let hosts = endpoints.map(\.description).joined(separator: ",")
        return "amqp\(tls == nil ? "" : "s")://\(username)@\(hosts)/\(virtualHost == "/" ? "" : virtualHost)"
    }

    public var debugDescription: String { description }
}

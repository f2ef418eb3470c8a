public import AMQP
public import Logging
public import Messaging

/// What every service is given when it starts.
public struct ServiceContext: Sendable {
    public let name: String
    public let settings: Settings
    public let logger: Logger
    public let broker: Broker
    public let bus: Bus
    /// What logs go over: their own connections, so that a flood of lines delays nothing else, and maybe another
    /// broker. The same as ``bus`` for a service without ``CommonSettings/logBrokerURL``.
    public let logs: Bus
    public let readiness: Readiness
    /// Looks up what `/metrics` shows when somebody asks.
    public let collectors: Collectors
}

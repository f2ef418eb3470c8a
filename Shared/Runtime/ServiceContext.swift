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
    public let readiness: Readiness
}

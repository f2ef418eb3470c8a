public import AMQP
public import ServiceLifecycle

/// Keeps the broker's connections for as long as the service lives. It comes first in the service group, so that it is
/// the last to go: the others still ack and publish while they shut down.
public struct BrokerService: Service {
    private let broker: Broker

    public init(_ broker: Broker) {
        self.broker = broker
    }

    /// Keeps the connections until the service ends.
    public func run() async throws {
        try await cancelWhenGracefulShutdown { try await broker.run() }
    }
}

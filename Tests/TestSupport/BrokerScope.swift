public import AMQP
public import Logging

extension Broker {
    /// Runs a broker for the time of `body`, then closes its connections.
    public static func with<Result: Sendable>(
        _ url: String, topology: Topology = Topology(), name: String = "test",
        configure: (inout BrokerConfiguration) -> Void = { _ in },
        _ body: @escaping @Sendable (Broker) async throws -> Result
    ) async throws -> Result {
        var configuration = try BrokerConfiguration(url: url, connectionName: name)
        configuration.backoff = Backoff(initial: .milliseconds(100), maximum: .seconds(1))
        configure(&configuration)
        let broker = Broker(configuration, topology: topology, logger: .quiet)
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask {
                try await broker.run()
                return nil
            }
            group.addTask { try await body(broker) }
            defer { group.cancelAll() }
            while let result = try await group.next() {
                if let result { return result }
            }
            throw TestFailure("the broker's connections ended before the test")
        }
    }
}

extension Logger {
    /// Says nothing, what a test provokes being not worth a line, unless `SLIPWAY_TEST_LOG` is set.
    public static var quiet: Logger {
        guard TestEnvironment.optional("SLIPWAY_TEST_LOG") == nil else { return Logger(label: "test") }
        return Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    }
}

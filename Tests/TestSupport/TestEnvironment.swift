import Glibc

/// The environment variables that say where the real parts are.
public enum TestEnvironment {
    /// The value of a variable a test cannot do without.
    ///
    /// - Throws: A ``TestFailure`` that names it: a missing server fails a test, it does not skip it.
    public static func required(_ name: String) throws -> String {
        guard let value = optional(name), !value.isEmpty else {
            throw TestFailure(
                "the environment variable \(name) is not set; Tests/run starts the real parts and sets it")
        }
        return value
    }

    public static func optional(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    /// The URL of the RabbitMQ of the tests, without a virtual host.
    public static var brokerURL: String {
        get throws { try required("SLIPWAY_TEST_AMQP_URL") }
    }

    /// The URL of its management API, user and password included.
    public static var managementURL: String {
        get throws { try required("SLIPWAY_TEST_RABBITMQ_MANAGEMENT") }
    }
}

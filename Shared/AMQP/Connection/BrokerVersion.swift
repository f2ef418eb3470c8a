import CRabbitMQ

/// The version of a broker's node, as it says at the login.
public struct BrokerVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let major: Int
    public let minor: Int
    /// As the broker writes it: `3.10.8`, `4.3.0-rc.1`.
    public let description: String

    /// - Returns: `nil` for a text that does not begin with two numbers.
    public init?(_ text: String) {
        let parts = text.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2, let major = Int(parts[0]), let minor = Int(parts[1].prefix { $0.isWholeNumber }) else {
            return nil
        }
        self.major = major
        self.minor = minor
        description = text
    }

    /// What the node of a connection that is logged in says; `nil` where that is no version.
    init?(of connection: OpaquePointer) {
        guard let table = amqp_get_server_properties(connection)?.pointee,
            let text = [String: HeaderValue](table)["version"]?.string
        else { return nil }
        self.init(text)
    }

    /// The oldest that services are tried on.
    public static let oldest = BrokerVersion(major: 3, minor: 10)

    private init(major: Int, minor: Int) {
        self.major = major
        self.minor = minor
        description = "\(major).\(minor)"
    }

    public static func == (left: BrokerVersion, right: BrokerVersion) -> Bool {
        (left.major, left.minor) == (right.major, right.minor)
    }

    public static func < (left: BrokerVersion, right: BrokerVersion) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(major)
        hasher.combine(minor)
    }
}

extension BrokerConfiguration {
    /// Whether a queue of a broker of this version has to state how often a message may come back.
    func statesLimits(_ version: BrokerVersion?) -> Bool { version.map { $0.major >= statesLimitsFrom } ?? false }
}

/// One node of the broker.
public struct Endpoint: Sendable, Hashable, CustomStringConvertible {
    /// A name or an address, IPv6 without brackets.
    public var host: String
    public var port: Int

    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    public var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}

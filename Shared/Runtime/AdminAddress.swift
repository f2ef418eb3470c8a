/// Where health and metrics are served: one port, or the first free one of several, where processes share a network.
public struct AdminAddress: Sendable, Hashable, CustomStringConvertible {
    public var host: String
    /// 0 lets the system choose.
    public var ports: ClosedRange<Int>

    public init(host: String, ports: ClosedRange<Int>) {
        self.host = host
        self.ports = ports
    }

    /// `127.0.0.1:9100` or `127.0.0.1:9100-9109`.
    init?(_ text: String) {
        if let one = ListenAddress(text) {
            self.init(host: one.host, ports: one.port...one.port)
        } else {
            guard let dash = text.lastIndex(of: "-"), let first = ListenAddress(String(text[..<dash])),
                let last = Int(text[text.index(after: dash)...]), first.port > 0,
                (first.port...65_535).contains(last)
            else { return nil }
            self.init(host: first.host, ports: first.port...last)
        }
    }

    public var description: String {
        "\(ListenAddress(host: host, port: ports.lowerBound))" + (ports.count > 1 ? "-\(ports.upperBound)" : "")
    }
}

extension Setting where Value == AdminAddress {
    static func admin(_ key: String, _ summary: String, default defaultValue: AdminAddress) -> Setting {
        Setting(key, summary, example: "0.0.0.0:9100", default: defaultValue) { text in
            guard let address = AdminAddress(text) else {
                throw SettingProblem(expected: "host:port, such as 127.0.0.1:9100, or host:first-last")
            }
            return address
        }
    }
}

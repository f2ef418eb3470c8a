import Glibc

/// An address of IPv4 or IPv6. An IPv4 address that IPv6 wraps is that IPv4 address.
public struct IPAddress: Sendable, Hashable, CustomStringConvertible {
    /// 4 or 16.
    let bytes: [UInt8]

    /// - Parameter text: such as `192.0.2.7` or `2001:db8::7`, without a port.
    public init?(_ text: some StringProtocol) {
        let text = String(text)
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 {
            bytes.removeLast(12)
        } else if inet_pton(AF_INET6, text, &bytes) != 1 {
            return nil
        } else if bytes.prefix(12) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF] {
            bytes.removeFirst(12)
        }
        self.bytes = bytes
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    /// What one client has: the address, or of IPv6 the 64 bits of a network, in which a client has all the rest.
    public var network: IPAddress {
        bytes.count == 4 ? self : IPAddress(bytes: bytes.prefix(8) + [UInt8](repeating: 0, count: 8))
    }

    /// One that a proxy names, with a port or without: `192.0.2.7:80`, `[2001:db8::7]:80`.
    init?(named text: some StringProtocol) {
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || Self.isPort(rest), text.contains(":") else { return nil }
            self.init(text[text.index(after: text.startIndex)..<end])
        } else if let colon = text.lastIndex(of: ":"), text.firstIndex(of: ":") == colon {
            guard Self.isPort(text[colon...]) else { return nil }
            self.init(text[..<colon])
        } else {
            self.init(text)
        }
    }

    private static func isPort(_ text: some StringProtocol) -> Bool {
        text.hasPrefix(":") && UInt16(text.dropFirst()) != nil
    }

    public var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, bytes, &text, socklen_t(text.count))
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

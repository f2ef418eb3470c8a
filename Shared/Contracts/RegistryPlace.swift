/// Where a registry login counts: all of a registry, such as `harbor.example:5000`, or a path of it and what is below, such
/// as `harbor.example/shop`.
public struct RegistryPlace: Sendable, Hashable, CustomStringConvertible {
    /// `docker.io` for images that name none.
    public var host: String
    /// Without slashes at its ends; empty for all of the registry.
    public var path: String

    public init(host: String, path: String = "") {
        self.host = host
        self.path = path
    }

    /// - Parameter text: as ``description`` has it.
    public init(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1)
        self.init(host: parts.first.map(String.init) ?? "", path: parts.count > 1 ? String(parts[1]) : "")
    }

    public var description: String { path.isEmpty ? host : "\(host)/\(path)" }

    /// Whether an image is there.
    /// - Parameter image: its path in the registry, such as `shop/web`.
    public func covers(_ image: String, at host: String) -> Bool {
        host == self.host && (path.isEmpty || image == path || image.hasPrefix("\(path)/"))
    }

    /// Whether a text names it, by itself or with what is below it, and not as a part of another name.
    public func isNamed(in text: String) -> Bool {
        let (name, bytes) = (Array(description.utf8), text.utf8Span.span)
        guard let first = name.first, name.count <= bytes.count else { return false }
        for start in 0...(bytes.count - name.count) where bytes[start] == first {
            let end = start + name.count
            guard name.indices.allSatisfy({ bytes[start + $0] == name[$0] }) else { continue }
            if start > 0, Self.isOfName(bytes[start - 1]) || bytes[start - 1] == UInt8(ascii: ".") { continue }
            guard end < bytes.count else { return true }
            // A dot or a colon goes on with a longer host or a port, where the name is a host's.
            let goesOn = path.isEmpty && (bytes[end] == UInt8(ascii: ".") || bytes[end] == UInt8(ascii: ":"))
            let next = goesOn ? end + 1 : end
            if next == bytes.count || !Self.isOfName(bytes[next]) { return true }
        }
        return false
    }

    private static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), 128...:
            true
        default: false
        }
    }
}
